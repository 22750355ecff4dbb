/** docs/explanation/protocols.md: its tables are what `npm run bench:protocols` measures, here as elsewhere. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = path.join(ROOT, "docs/explanation/protocols.md");

/** Signatures and TLS records differ in length from run to run, by so many per cent at most. */
const TLS_TOLERANCE = 3;

let folder = "";
let copy = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightlight-protocols-"));
  copy = path.join(folder, "protocols.md");
  await copyFile(PAGE, copy);
  const main = path.join(ROOT, "bench/protocols/main.ts");
  const flags = ["--conditions=nightlight-source", "--import", "tsx", main, "--write", copy];
  const child = spawn(process.execPath, flags, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, said).toBe(0);
}, 150_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The cells of the generated tables, by the first of their row. */
async function rowsOf(file: string): Promise<Map<string, string[]>> {
  const [, generated] = /<!-- begin: .*? -->(.*?)<!-- end -->/s.exec(await readFile(file, "utf8"))!;
  const lines = generated.split("\n").filter((line) => /^\| (MQTT|AMQP|HTTP)/.test(line));
  const cells = lines.map((line) => line.slice(2, -2).split(" | "));
  return new Map(cells.map(([name, ...rest], i) => [`${name} (${i})`, rest]));
}

const numbersIn = (cell: string): number[] => (cell.match(/\d[\d,]*/g) ?? []).map((n) => Number(n.replaceAll(",", "")));

test("the page has the bytes that are measured", async () => {
  const written = await rowsOf(PAGE);
  const measured = await rowsOf(copy);
  expect([...written.keys()]).toEqual([...measured.keys()]);
  expect(written.size).toBe(12 + 5);
  for (const [name, cells] of measured) {
    if (!name.includes("TLS")) expect(written.get(name), name).toEqual(cells);
    else
      for (const [i, cell] of cells.entries())
        for (const [k, figure] of numbersIn(cell).entries()) {
          const said = numbersIn(written.get(name)![i])[k];
          expect(Math.abs(said - figure), `${name}: ${said}, measured ${figure}`).toBeLessThanOrEqual(
            Math.max(2, (figure * TLS_TOLERANCE) / 100),
          );
        }
  }
});

test("what the page says of its tables is in them", async () => {
  const rows = await rowsOf(PAGE);
  const sum = (name: string): number => numbersIn([...rows].find(([key]) => key.startsWith(`${name} (`))![1][3])[0];
  const text = await readFile(PAGE, "utf8");
  const [mqtt, amqp, http] = ["MQTT 3.1.1, QoS 1", "AMQP 1.0, acknowledged", "HTTP/1.1, one connection"].map(sum);
  // a reading and an answer without any protocol
  const job = 76 + 26;
  expect(text).toContain(`| ${mqtt} bytes | ${amqp} bytes | ${http} bytes |`);
  expect(text).toContain(
    `MQTT adds ${mqtt - job} bytes to the ${job} of the job, half of them the topics. AMQP adds ${amqp - job}, HTTP ${http - job}.`,
  );
  expect(text).toContain(`QoS 1 costs ${mqtt - sum("MQTT 3.1.1, QoS 0")} bytes more than QoS 0`);
});
