import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { connect } from "../support/rig.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Program {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

/** Runs the program of `npm start` directly, because npm would intercept signals. */
function startNightlight(...args: string[]): Program {
  const command = ["--import", "tsx", "--conditions=nightlight-source", "scripts/start.ts", ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return { child, output: () => text, exit };
}

/** Returns the names of a process's child processes. Works only on Linux. */
async function childrenOf(pid: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir("/proc")) {
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat) ?? [];
    if (Number(parent) === pid && state !== "Z") found.push(name);
  }
  return found;
}

describe("npm start", () => {
  let data: string;
  const running: Program[] = [];
  let folders = 0;
  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-start-"));
  });
  afterEach(async () => {
    for (const { child, exit } of running.splice(0)) {
      child.kill("SIGKILL");
      await exit;
    }
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  async function startAndWait(...args: string[]) {
    const folder = path.join(data, String(folders++));
    const program = startNightlight("--mqtt-port", "0", "--http-port", "0", "--data", folder, ...args);
    running.push(program);
    const waitForOutput = (pattern: RegExp) => eventually(() => pattern.exec(program.output())?.[0], { within: 30_000, what: `${pattern} in:\n${program.output()}` }); // prettier-ignore
    return {
      ...program,
      folder,
      mqtt: await waitForOutput(/mqtt:\/\/127\.0\.0\.1:\d+/),
      http: await waitForOutput(/http:\/\/127\.0\.0\.1:\d+/),
    };
  }

  const getJson = async <T>(url: string) => (await (await fetch(url)).json()) as T;

  it("starts broker, server and boards with a simulated day, and exits cleanly within 2.5 s", async () => {
    const { child, output, exit, mqtt, http } = await startAndWait("--boards", "2");
    const client = await connect(mqtt);
    const topics = new Set<string>();
    client.on("message", (topic) => topics.add(topic));
    await client.subscribeAsync(["nightlight/+/telemetry", "nightlight/+/commands"]);
    for (const id of ["nightlight/sim-1", "nightlight/sim-2"])
      for (const channel of ["telemetry", "commands"] as const)
        await eventually(() => topics.has(topicOf(id, channel)), { within: 20_000, what: `${id} on ${channel}` });
    // the simulated night switches the lamp without user input
    await eventually(() => /sim-1 is now on: light \d+ < 300/.test(output()), { within: 30_000, what: "the night" });
    expect(output()).not.toMatch(/Message received|Sending message/);
    expect(output().match(/Ready: .*/g)).toEqual([`Ready: open ${http}, press Ctrl+C to stop`]);
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    expect(await getJson<{ id: string }[]>(`${http}/api/devices`)).toMatchObject([{ id: "nightlight/sim-1", online: true }, { id: "nightlight/sim-2", online: true }]); // prettier-ignore
    await client.endAsync();
    const asked = performance.now();
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expectDuration(asked, 2500, "the exit");
  });

  it("writes a line for every reading and command with --verbose", async () => {
    const { output } = await startAndWait("--verbose");
    for (const line of [
      /Message received: nightlight\/sim-1 \{"light":\d+/,
      /Sending message: nightlight\/sim-1 \{"led_on":(true|false)/,
      /sim-1 {2}.*lamp o(n|ff)/,
    ])
      // prettier-ignore
      await eventually(() => line.test(output()), { within: 30_000, what: `${line} in:\n${output()}` });
  });

  it("writes only JSON to standard output with --log json", async () => {
    const { output } = await startAndWait("--log", "json");
    await eventually(() => output().includes("nightlight/sim-1  connected"), { within: 20_000, what: "the board" });
    for (const line of output().split("\n").slice(0, -1)) expect(JSON.parse(line)).toHaveProperty("event");
  });

  it("switches the lamp within a second of a slider change, and holds the light until its release", async () => {
    const { http } = await startAndWait();
    const board = `${http}/api/simulator/boards/nightlight%2Fsim-1`;
    const readBoardView = async () =>
      (await getJson<{ light: number; lamp: boolean; held: boolean }[]>(`${http}/api/simulator/boards`))[0];
    const setSlider = (light: number | null) =>
      fetch(`${board}/light`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ light }),
      });
    await eventually(async () => (await getJson<unknown[]>(`${http}/api/devices`)).length === 1, { within: 20_000 });
    for (const light of [950, 50, 900, 100]) {
      expect((await setSlider(light)).status).toBeLessThan(300);
      await eventually(async () => (await readBoardView()).lamp === light < 300, {
        within: 1000,
        what: `the lamp at ${light}`,
      });
      expect(await readBoardView()).toMatchObject({ light, held: true });
    }
    await setSlider(null);
    expect(await readBoardView()).toMatchObject({ held: false });
    expect((await setSlider(2000)).status).toBe(400);
  });

  it.skipIf(process.platform === "win32")(
    "makes all files in the data folder accessible only to their owner",
    async () => {
      const { http, folder } = await startAndWait();
      await eventually(async () => (await getJson<unknown[]>(`${http}/api/devices`)).length === 1, { within: 20_000 });
      const names = await readdir(folder, { recursive: true });
      expect(names).toContain("db/CURRENT");
      for (const name of names) expect([name, (await stat(path.join(folder, name))).mode & 0o077]).toEqual([name, 0]);
    },
  );

  it.skipIf(process.platform !== "linux")("stops the compiler process after the start", async () => {
    const { child, http } = await startAndWait();
    await eventually(async () => (await getJson<unknown[]>(`${http}/api/devices`)).length === 1, { within: 20_000 });
    await eventually(async () => (await childrenOf(child.pid!)).length === 0, { what: "esbuild to end" });
  });

  it("serves the dashboard, and runs without a simulator", async () => {
    const { http, output } = await startAndWait("--no-simulator");
    const page = await fetch(http);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>Nightlight")]);
    expect(output()).not.toContain("sim-1");
    expect(await getJson<unknown[]>(`${http}/api/devices`)).toEqual([]);
  });

  it.each([
    [["--boards", "none"], 2, /--boards.*whole number from 1 to 64/s],
    [["--colour"], 2, /unknown option.*--colour/s],
    [["--mqtt-port", "99999"], 2, /--mqtt-port.*from 0 to 65535/s],
  ])("explains the error in %j, and exits with code %i", async (args, code, sentence) => {
    const program = startNightlight(...args);
    running.push(program);
    expect([await program.exit, program.output()]).toEqual([code, expect.stringMatching(sentence)]);
  });

  it("names a port that is already in use, and the option that changes it", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as net.AddressInfo;
    const program = startNightlight(
      "--mqtt-port",
      String(port),
      "--http-port",
      "0",
      "--data",
      path.join(data, "taken"),
    );
    running.push(program);
    expect([await program.exit, program.output()]).toEqual([1, expect.stringMatching(new RegExp(`${port}.*--mqtt-port`, "s"))]); // prettier-ignore
    taken.close();
  });
});
