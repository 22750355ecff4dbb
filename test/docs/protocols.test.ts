/** Tests that the tables of docs/explanation/protocols.md agree with a new run of `npm run bench:protocols`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROTOCOLS_PAGE = path.join(ROOT, "docs/explanation/protocols.md");

/** Tolerance in percent for TLS rows: the lengths of signatures and TLS records differ between runs. */
const TLS_TOLERANCE_PERCENT = 3;

let folder = "";
let copy = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightlight-protocols-"));
  copy = path.join(folder, "protocols.md");
  await copyFile(PROTOCOLS_PAGE, copy);
  const main = path.join(ROOT, "bench/protocols/main.ts");
  const flags = ["--conditions=nightlight-source", "--import", "tsx", main, "--write", copy];
  const child = spawn(process.execPath, flags, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, errors).toBe(0);
}, 150_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads the rows of the generated tables, by their first cell. */
async function readRows(file: string): Promise<Map<string, string[]>> {
  const [, generated] = /<!-- begin: .*? -->(.*?)<!-- end -->/s.exec(await readFile(file, "utf8"))!;
  const lines = generated.split("\n").filter((line) => /^\| (MQTT|AMQP|HTTP)/.test(line));
  const cells = lines.map((line) => line.slice(2, -2).split(" | "));
  return new Map(cells.map(([name, ...rest], i) => [`${name} (${i})`, rest]));
}

const numbersIn = (cell: string): number[] => (cell.match(/\d[\d,]*/g) ?? []).map((n) => Number(n.replaceAll(",", "")));

test("the page has the measured numbers of bytes", async () => {
  const written = await readRows(PROTOCOLS_PAGE);
  const measured = await readRows(copy);
  expect([...written.keys()]).toEqual([...measured.keys()]);
  expect(written.size).toBe(12 + 5);
  for (const [name, cells] of measured) {
    if (!name.includes("TLS")) expect(written.get(name), name).toEqual(cells);
    else
      for (const [i, cell] of cells.entries())
        for (const [k, figure] of numbersIn(cell).entries()) {
          const onPage = numbersIn(written.get(name)![i])[k];
          expect(Math.abs(onPage - figure), `${name}: ${onPage}, measured ${figure}`).toBeLessThanOrEqual(
            Math.max(2, (figure * TLS_TOLERANCE_PERCENT) / 100),
          );
        }
  }
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
