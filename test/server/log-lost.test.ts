/** Tests that the server keeps working and counts lost lines when its log cannot be written. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLog, type LogFormat, type LogOutput } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { NIGHTLIGHT_SERVER } from "../support/nightlight-server.js";
import { connectClient } from "./support/server.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NO_SPACE = new Error("ENOSPC: no space left on device, write");

describe.each<LogFormat>(["pretty", "json"])("the log as %s", (format) => {
  test.each(["calls back with an error", "throws"])("the log counts lines that are lost because the output %s, and reports the number as soon as possible", (how) => {
    let full = true;
    const lines: string[] = [];
    const output: LogOutput = {
      write(text, written) {
        if (full && how === "throws") throw NO_SPACE;
        if (!full) lines.push(...text.split("\n").slice(0, -1));
        written?.(full ? NO_SPACE : null);
      },
    };
    const log = createLog(format, { output });
    for (const text of ["one", "two"]) {
      log.info("server", text);
      log.flush();
    }
    expect(log.lost).toBe(2);
    full = false;
    log.info("server", "three");
    log.flush();
    log.flush();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("three");
    expect(lines[1]).toContain("2 lines of the log were lost, because they could not be written: ENOSPC");
    log.info("server", "four");
    log.flush();
    expect(lines).toHaveLength(3);
    expect(log.lost).toBe(2);
  }); // prettier-ignore
});

/** Starts the server with the given standard output. Returns its addresses and a function that closes the pipe. */
async function startWithStdout(stdout: number | "pipe"): Promise<{ mqtt: string; http: string; end: () => void }> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-log-"));
  const [mqtt, http] = [await freePort(), await freePort()];
  const flags = ["--data", data, "--mqtt-port", String(mqtt), "--http-port", String(http)];
  const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, ...flags], {
    cwd: ROOT,
    stdio: ["ignore", stdout, "inherit"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });
  return { mqtt: `mqtt://127.0.0.1:${mqtt}`, http: `http://127.0.0.1:${http}`, end: () => child.stdout?.destroy() };
}

async function readLostLines(url: string): Promise<number> {
  const response = await fetch(`${url}/api/status`).catch(() => undefined);
  if (!response?.ok) return -1;
  return ((await response.json()) as { log_lines_lost: number }).log_lines_lost;
}

describe("a server whose log is lost", () => {
  async function decidesWithoutALog({ mqtt, http, end }: Awaited<ReturnType<typeof startWithStdout>>): Promise<void> {
    await eventually(async () => (await readLostLines(http)) >= 0, { within: 20_000, what: "the server" });
    end();
    const board = await connectClient(mqtt);
    await board.subscribeAsync("nightlight/porch/commands", { qos: 1 });
    const commands: string[] = [];
    board.on("message", (_topic, payload) => commands.push(payload.toString()));
    for (const [light, answer] of [[5, '{"led_on":true}'], [900, '{"led_on":false}']] as const) {
      await board.publishAsync("nightlight/porch/telemetry", JSON.stringify({ light }), { qos: 1 });
      await eventually(() => commands.at(-1) === answer, { what: `the command for light ${light}` });
    }
    await eventually(async () => (await readLostLines(http)) > 0, { what: "the lines to be counted" });
  } // prettier-ignore

  test.skipIf(!existsSync("/dev/full"))(
    "the server keeps deciding when its standard output is a full disk",
    async () => {
      const full = await open("/dev/full", "w");
      onTestFinished(() => full.close());
      await decidesWithoutALog(await startWithStdout(full.fd));
    },
    300_000,
  );

  test("the server keeps deciding when the reader of its standard output closes the pipe", async () => {
    await decidesWithoutALog(await startWithStdout("pipe"));
  });
});
