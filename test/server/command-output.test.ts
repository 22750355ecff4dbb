/** A short command whose output cannot be written says so, and one whose output nobody reads ends quietly. */
import { spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts a program of this repository with this as its standard output. */
function start(stdout: number | "pipe", args: readonly string[]) {
  const stdio: StdioOptions = ["ignore", stdout, "pipe"];
  const child = spawn(process.execPath, ["--conditions=nightlight-source", "--import", "tsx", ...args], { cwd: ROOT, stdio }); // prettier-ignore
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const COMMANDS = [
  "server/src/main.ts config print",
  "server/src/main.ts --help",
  "scripts/board.ts list",
  "sim/main.ts --help",
].map((line) => line.split(" "));

describe("a command whose standard output cannot be written", () => {
  test.skipIf(!existsSync("/dev/full"))(
    "says so in one sentence and ends with exit code 1: on a full disk",
    async () => {
      const full = await open("/dev/full", "w");
      onTestFinished(() => full.close());
      for (const args of COMMANDS) {
        const child = start(full.fd, args);
        const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
        expect([args, code, err]).toEqual([args, 1, "The output cannot be written: ENOSPC: no space left on device, write.\n"]); // prettier-ignore
      }
    },
  );

  test("ends quietly when nobody reads it", async () => {
    for (const args of COMMANDS.slice(0, 2)) {
      const child = start("pipe", args);
      child.stdout!.destroy();
      const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
      expect([args, code, err]).toEqual([args, 0, ""]);
    }
  });
});
