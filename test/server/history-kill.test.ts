/** The history of a program that was killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { history } from "./support/history.js";
import { temporaryFolder } from "./support/server.js";

const FLOOD = fileURLToPath(new URL("./history-flood.ts", import.meta.url));

interface Said {
  readonly added: number;
  readonly written: number;
}

/** Kills the flood when so many readings and switches are on disk; what it said last. */
async function killedAt(folder: string, prefix: string, enough: number): Promise<Said> {
  const child = spawn(process.execPath, ["--conditions=nightlight-source", "--import", "tsx", FLOOD, folder, prefix], {
    cwd: path.dirname(FLOOD),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let last: Said = { added: 0, written: 0 };
  createInterface(child.stdout).on("line", (line) => (last = JSON.parse(line) as Said));
  await eventually(() => last.written > enough, { what: "the flood" });
  child.kill("SIGKILL");
  await once(child, "close");
  return last;
}

test("killed in a flood, again and again, it has all that was written, and starts at once", async () => {
  const folder = await temporaryFolder();
  for (const [prefix, enough] of [
    ["first", 9_000],
    ["second", 16_000],
  ] as const) {
    const { written, added } = await killedAt(folder, prefix, enough);
    // what a killed program leaves behind, and what must not keep the next one out
    expect(existsSync(path.join(folder, "history.db.lock"))).toBe(true);

    const kept = await history(folder);
    for (let board = 0; board < 20; board++) {
      const device = `${prefix}/${board}`;
      const { points, switches } = await kept.query({ device, from: 0, to: 2 ** 43, points: 1 });
      const found = points.reduce((sum, point) => sum + point.count, 0) + switches.length;
      expect(found).toBeGreaterThanOrEqual(Math.floor(written / 20));
      // it may have added more after it said so for the last time
      expect(found).toBeLessThanOrEqual(added / 20 + 5000);
      // each once: every tenth of what it added
      expect(switches.map(({ time }) => time)).toEqual(switches.map((_, n) => n * 10));
    }
    await kept.close();
    expect(kept.problems).toEqual([]);
  }
});
