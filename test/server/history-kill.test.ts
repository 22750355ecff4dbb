/** Tests that the history survives `kill -9`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { openSqliteHistory } from "./support/history.js";
import { createTemporaryFolder } from "./support/server.js";

const FLOOD_PROGRAM = fileURLToPath(new URL("./history-flood.ts", import.meta.url));

interface FloodProgress {
  readonly added: number;
  readonly written: number;
}

/** Starts the test program, kills it after `enough` written entries, and returns the progress that it printed last. */
async function killAfter(folder: string, prefix: string, enough: number): Promise<FloodProgress> {
  const child = spawn(
    process.execPath,
    ["--conditions=nightlight-source", "--import", "tsx", FLOOD_PROGRAM, folder, prefix],
    {
      cwd: path.dirname(FLOOD_PROGRAM),
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let last: FloodProgress = { added: 0, written: 0 };
  createInterface(child.stdout).on("line", (line) => (last = JSON.parse(line) as FloodProgress));
  await eventually(() => last.written > enough, { what: "enough written entries" });
  child.kill("SIGKILL");
  await once(child, "close");
  return last;
}

test("a history that is killed twice under load keeps every written entry and starts again", async () => {
  const folder = await createTemporaryFolder();
  for (const [prefix, enough] of [
    ["first", 9_000],
    ["second", 16_000],
  ] as const) {
    const { written, added } = await killAfter(folder, prefix, enough);
    // a killed process leaves its lock behind, which must not block the next start
    expect(existsSync(path.join(folder, "history.db.lock"))).toBe(true);

    const kept = await openSqliteHistory(folder);
    for (let board = 0; board < 20; board++) {
      const device = `${prefix}/${board}`;
      const { points, switches } = await kept.query({ device, from: 0, to: 2 ** 43, points: 1 });
      const found = points.reduce((sum, point) => sum + point.count, 0) + switches.length;
      expect(found).toBeGreaterThanOrEqual(Math.floor(written / 20));
      // before the kill, the process may have added more entries than it printed
      expect(found).toBeLessThanOrEqual(added / 20 + 5000);
      // every tenth entry is a switch, and no switch is stored twice
      expect(switches.map(({ time }) => time)).toEqual(switches.map((_, n) => n * 10));
    }
    await kept.close();
    expect(kept.problems).toEqual([]);
  }
});
