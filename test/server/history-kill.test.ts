/** The history of a program that was killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { count, history } from "./support/history.js";
import { temporaryFolder } from "./support/server.js";

const FLOOD = fileURLToPath(new URL("./history-flood.ts", import.meta.url));

/** Kills the flood 1 s after it had added so many; how many it had then, and in the end. */
async function killedAt(folder: string, prefix: string, enough: number): Promise<{ before: number; all: number }> {
  const child = spawn(process.execPath, ["--conditions=nightlight-source", "--import", "tsx", FLOOD, folder, prefix], {
    cwd: path.dirname(FLOOD),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const said = () =>
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { at: number; added: number });
  const aSecondAgo = () => said().findLast(({ at }) => at <= Date.now() - 1000)?.added ?? 0;
  await eventually(() => aSecondAgo() > enough, { within: 25_000, what: "the flood" });
  const before = aSecondAgo();
  child.kill("SIGKILL");
  await once(child, "close");
  return { before, all: said().at(-1)!.added };
}

test("killed in a flood, again and again, it has lost no more than the last second, and starts at once", async () => {
  const folder = await temporaryFolder();
  for (const [prefix, enough] of [
    ["first", 9_000],
    ["second", 16_000],
  ] as const) {
    const { before, all } = await killedAt(folder, prefix, enough);
    // what a killed program leaves behind, and what must not keep the next one out
    expect(existsSync(path.join(folder, "history.db.lock"))).toBe(true);

    const kept = await history(folder);
    for (let board = 0; board < 20; board++) {
      const device = `${prefix}/${board}`;
      const { points } = await kept.query({ device, from: 0, to: before / 20, points: 1 });
      expect(points[0].count).toBe(before / 20);
      // it may have added more after it said so for the last time
      expect(await count(kept, device)).toBeLessThanOrEqual(all / 20 + 100);
    }
    await kept.close();
    expect(kept.told).toEqual([]);
  }
});
