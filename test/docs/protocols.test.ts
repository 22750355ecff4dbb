/**
 * Tests that the tables of docs/internals/protocols.md and docs/tutorials/assignment.md agree with a new run of
 * `npm run bench:protocols`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROTOCOLS_PAGE = path.join(ROOT, "docs/internals/protocols.md");
const POWER_PAGE = path.join(ROOT, "docs/tutorials/assignment.md");

/** Tolerance in percent for TLS rows: the lengths of signatures and TLS records differ between runs. */
const TLS_TOLERANCE_PERCENT = 3;

let folder = "";
let copy = "";
let powerCopy = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightlight-protocols-"));
  copy = path.join(folder, "protocols.md");
  powerCopy = path.join(folder, "assignment.md");
  await copyFile(PROTOCOLS_PAGE, copy);
  await copyFile(POWER_PAGE, powerCopy);
  const main = path.join(ROOT, "bench/protocols/main.ts");
  const flags = [
    "--conditions=nightlight-source",
    "--import",
    "tsx",
    main,
    "--write",
    copy,
    "--write-power",
    powerCopy,
  ];
  const child = spawn(process.execPath, flags, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, errors).toBe(0);
}, 150_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads the rows of the generated tables, with the cells of each row. */
async function readCells(file: string): Promise<string[][]> {
  const [, generated] = /<!-- begin: .*? -->(.*?)<!-- end -->/s.exec(await readFile(file, "utf8"))!;
  const lines = generated.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return lines.map((line) => line.slice(2, -2).split(" | "));
}

/** Reads the rows of the tables of bytes, by their first cell. */
async function readRows(file: string): Promise<Map<string, string[]>> {
  const cells = (await readCells(file)).filter(([name]) => /^(MQTT|AMQP|HTTP)/.test(name));
  return new Map(cells.map(([name, ...rest], i) => [`${name} (${i})`, rest]));
}

const numbersIn = (cell: string): number[] =>
  (cell.match(/\d[\d,]*(\.\d+)?/g) ?? []).map((n) => Number(n.replaceAll(",", "")));

/** Checks that the numbers of a cell are those of a run with TLS, whose lengths vary. */
function expectSimilar(written: string, measured: string, name: string): void {
  for (const [k, figure] of numbersIn(measured).entries()) {
    const onPage = numbersIn(written)[k];
    expect(Math.abs(onPage - figure), `${name}: ${onPage}, measured ${figure}`).toBeLessThanOrEqual(
      Math.max(2, (figure * TLS_TOLERANCE_PERCENT) / 100),
    );
  }
}

test("the page has the measured numbers of bytes", async () => {
  const written = await readRows(PROTOCOLS_PAGE);
  const measured = await readRows(copy);
  expect([...written.keys()]).toEqual([...measured.keys()]);
  expect(written.size).toBe(12 + 5);
  for (const [name, cells] of measured)
    if (!name.includes("TLS")) expect(written.get(name), name).toEqual(cells);
    else for (const [i, cell] of cells.entries()) expectSimilar(written.get(name)![i], cell, name);
});

test("the answer to the assignment has the estimated power", async () => {
  const written = await readCells(POWER_PAGE);
  const estimated = await readCells(powerCopy);
  expect(written.map(([idle, protocol]) => `${idle}, ${protocol}`)).toEqual(
    estimated.map(([idle, protocol]) => `${idle}, ${protocol}`),
  );
  expect(written).toHaveLength(1 + 10);
  for (const [n, cells] of estimated.entries())
    if (!/TLS|HTTPS/.test(cells[1])) expect(written[n]).toEqual(cells);
    else for (const [i, cell] of cells.entries()) expectSimilar(written[n][i], cell, cells[1]);
});

test("the text of the assignment agrees with its table", async () => {
  const rows = await readCells(POWER_PAGE);
  const find = (idle: string, protocol: string): number[][] =>
    rows
      .find((cells) => cells[0] === idle && cells[1] === protocol)!
      .slice(2)
      .map(numbersIn);
  const text = await readFile(POWER_PAGE, "utf8");
  const [[energy], , [current, days], [, daysAsleep]] = find("deep sleep", "MQTT");
  expect(text).toContain(`At 3.3 V that is ${energy} mJ.`);
  expect(text).toContain(`÷ 60 s + 0.005 mA = ${current} mA`);
  expect(text).toContain(`1,212 hours: ${days} days`);
  const [, [, secondsApart], , [, daysConnected]] = find("light sleep", "MQTT");
  expect(secondsApart / find("deep sleep", "MQTT")[1][1], "almost five times").toBeCloseTo(4.9, 1);
  expect(daysAsleep / daysConnected, "almost nine times").toBeCloseTo(8.8, 1);
  const energies = ["MQTT", "AMQP", "HTTP"].map((protocol) => find("deep sleep", protocol)[0][0]);
  const percent = Math.round((Math.max(...energies) / Math.min(...energies) - 1) * 100);
  expect(text).toContain(`the difference is ${percent} % at most`);
});

test("the text of the page agrees with its tables", async () => {
  const rows = await readRows(PROTOCOLS_PAGE);
  const bytesOf = (name: string): number => numbersIn([...rows].find(([key]) => key.startsWith(`${name} (`))![1][3])[0];
  const text = await readFile(PROTOCOLS_PAGE, "utf8");
  const [mqtt, amqp, http] = ["MQTT 3.1.1, QoS 1", "AMQP 1.0, acknowledged", "HTTP/1.1, one connection"].map(bytesOf);
  // the JSON of a reading has 76 bytes and the JSON of its answer has 26 bytes, without any protocol
  const payloadBytes = 76 + 26;
  expect(text).toContain(`| ${mqtt} bytes | ${amqp} bytes | ${http} bytes |`);
  expect(text).toContain(
    `MQTT adds ${mqtt - payloadBytes} bytes to the ${payloadBytes} of the job, half of them the topics. AMQP adds ${amqp - payloadBytes}, HTTP ${http - payloadBytes}.`,
  );
  expect(text).toContain(`QoS 1 costs ${mqtt - bytesOf("MQTT 3.1.1, QoS 0")} bytes more than QoS 0`);
});
