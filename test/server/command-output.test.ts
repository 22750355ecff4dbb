/** Tests commands with a failing standard output: a full disk causes an error, a closed pipe does not. */
import { spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts a program of this repository with the given standard output. */
function startProgram(stdout: number | "pipe", args: readonly string[]) {
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
    "the command prints one error sentence and exits with code 1 when the disk is full",
    async () => {
      const full = await open("/dev/full", "w");
      onTestFinished(() => full.close());
      for (const args of COMMANDS) {
        const child = startProgram(full.fd, args);
        const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
        expect([args, code, err]).toEqual([args, 1, "The output cannot be written: ENOSPC: no space left on device, write.\n"]); // prettier-ignore
      }
    },
  );

  test("the command exits silently when the reader has closed the pipe", async () => {
    for (const args of COMMANDS.slice(0, 2)) {
      const child = startProgram("pipe", args);
      child.stdout!.destroy();
      const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
      expect([args, code, err]).toEqual([args, 0, ""]);
    }
  });
});
