/** Tests the launch configuration of firmware and server with DeviceScript's tools instead of its VS Code extension. */
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { Debugger } from "./support/dap.js";
import { Extension } from "./support/extension.js";
import { commandOf, LAUNCH_FILE, findByName, substituteVariables } from "./support/files.js";
import { startProgram, type Program } from "./support/programs.js";

const SIMULATOR_DEVICE_ID = "1d46a30eef48919d";
const ID = "nightlight/vscode";
const PORTS_MODULE_URL = new URL("./support/devtools-ports.mjs", import.meta.url);

interface Device {
  readonly id: string;
  readonly online: boolean;
  readonly light?: number;
  readonly led_on?: boolean;
}

/** Creates a copy of the project with settings for a board that connects to the broker on `mqttPort`. */
async function createProject(mqttPort: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-vscode-"));
  for (const name of ["src", "contract", "boards", "services", "package.json", "devsconfig.json", ".env.defaults"])
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  const client = path.join(folder, "node_modules/devicescript-mqtt");
  await cp(path.join(ROOT, "packages/devicescript-mqtt"), client, { recursive: true });
  await writeFile(path.join(folder, ".env.local"), `MQTT_PORT=${mqttPort}\nNL_ID=${ID}\n`);
  return folder;
}

describe("F5 on firmware and server, while npm start runs with its own simulated board", () => {
  let folder: string;
  let data: string;
  let port: number[];
  let env: NodeJS.ProcessEnv;
  let http: string;
  let extension: Extension;
  let peripherals: Program;
  const programs: Program[] = [];

  function startConfiguration(name: string, ...args: string[]): Program {
    const program = startProgram([...commandOf(findByName(LAUNCH_FILE.configurations, name)), ...args], { env });
    programs.push(program);
    return program;
  }
  const readDevices = async () => (await (await fetch(`${http}/api/devices`)).json()) as Device[];
  const findDevice = async (id = ID) => (await readDevices()).find((one) => one.id === id);

  beforeAll(async () => {
    // hides the log of jacdac-ts, which prints each of its steps with console.debug
    vi.spyOn(console, "debug").mockImplementation(() => {});
    port = [await freePort(), await freePort(), await freePort()];
    // moves the tools to free ports, because VS Code may be running on this computer with its own tools
    env = { NODE_OPTIONS: `--import=${PORTS_MODULE_URL.href}`, NIGHTLIGHT_DEVTOOLS_PORTS: port.join() };
    data = await mkdtemp(path.join(tmpdir(), "nightlight-vscode-"));
    const nightlight = startConfiguration("Nightlight", "--", "--mqtt-port", "0", "--http-port", "0", "--data", data);
    const mqttPort = await nightlight.find(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    http = await nightlight.find(
      new RegExp(findByName(LAUNCH_FILE.configurations, "Nightlight").serverReadyAction!.pattern),
    );
    folder = await createProject(mqttPort);
    peripherals = startConfiguration("Light and lamp");
    extension = await Extension.open(folder, env, port[0]);
    await extension.startSimulator(SIMULATOR_DEVICE_ID);
    await peripherals.find(/are on the bus/);
  });

  afterAll(async () => {
    await extension?.close();
    for (const program of programs) await program.end();
    for (const name of [folder, data]) if (name) await rm(name, { recursive: true, force: true, maxRetries: 5 });
  });

  test("builds and deploys the firmware, which reports to the server beside the other board", async () => {
    const program = path.relative(
      ROOT,
      substituteVariables(findByName(LAUNCH_FILE.configurations, "Firmware").program!),
    );
    const { success, deployStatus, diagnostics } = await extension.build(program, SIMULATOR_DEVICE_ID);
    expect({ success, deployStatus, diagnostics }).toEqual({ success: true, deployStatus: "OK", diagnostics: [] });
    await eventually(async () => (await findDevice())?.online, { within: 30_000, what: "the firmware to be online" });
    expect(await findDevice("nightlight/sim-1")).toMatchObject({ online: true });
  });

  test("connects the firmware to the simulated light and lamp: a typed light arrives, and the lamp follows", async () => {
    for (const [light, lamp] of [
      [900, false],
      [100, true],
      [800, false],
    ] as const) {
      const before = peripherals.output().length;
      peripherals.child.stdin?.write(`${light}\n`);
      const hasArrived = async () => {
        const seen = await findDevice();
        return seen?.light === light && seen.led_on === lamp;
      };
      await eventually(hasArrived, { within: 15_000, what: `a light of ${light} at the server, and its lamp` });
      if (light === 900) continue;
      const hasSwitched = () =>
        peripherals
          .output()
          .slice(before)
          .includes(lamp ? "lamp on" : "lamp off");
      await eventually(hasSwitched, { within: 10_000, what: `the lamp to be ${lamp ? "on" : "off"}` });
    }
  });

  test("reports a compile error at its line, while the previous program keeps running", async () => {
    const entry = path.join(folder, "src", "main.ts");
    const text = await readFile(entry, "utf8");
    await writeFile(entry, `${text}\nconst n: number = "one"\n`);
    const { success, diagnostics } = await extension.build("src/main.ts", SIMULATOR_DEVICE_ID);
    await writeFile(entry, text);
    expect(success).toBe(false);
    expect(diagnostics).toMatchObject([{ filename: entry, line: text.split("\n").length + 1 }]);
    expect(await findDevice()).toMatchObject({ online: true });
  });

  test("stops the firmware at a breakpoint, resumes it, and ends it with the debug session", async () => {
    const source = path.join(folder, "src", "nightlight.ts");
    const lines = (await readFile(source, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.includes("if (on !== lamp.isOn)")) + 1;
    expect(line).toBeGreaterThan(0);

    const debug = await Debugger.connect(port[2]);
    const initialized = once(debug, "initialized");
    const stopped = once(debug, "stopped");
    await debug.ask("initialize", {
      adapterID: "devicescript",
      pathFormat: "path",
      linesStartAt1: true,
      columnsStartAt1: true,
    });
    await debug.ask("launch", { deviceId: SIMULATOR_DEVICE_ID, stopOnEntry: false });
    await initialized;
    await debug.ask("setBreakpoints", { source: { path: source }, breakpoints: [{ line }] });
    await debug.ask("configurationDone");
    const [{ reason, threadId }] = (await stopped) as [{ reason: string; threadId: number }];
    expect(reason).toBe("breakpoint");
    const { stackFrames } = await debug.ask<{
      stackFrames: { name: string; line: number; source: { path: string } }[];
    }>("stackTrace", { threadId });
    expect(stackFrames[0]).toMatchObject({ line, source: { path: source } });
    expect(stackFrames[0].name).toContain("onReading");
    await debug.ask("setBreakpoints", { source: { path: source }, breakpoints: [] });
    await debug.ask("continue", { threadId });
    peripherals.child.stdin?.write("50\n");
    await eventually(async () => (await findDevice())?.light === 50, { within: 20_000, what: "the firmware to go on" });
    // disconnecting the debugger makes the tools end the simulator, so the firmware goes offline
    debug.disconnect();
    await eventually(async () => (await findDevice())?.online === false, {
      within: 40_000,
      what: "the firmware to be gone",
    });
  });

  test("reconnects the simulated light and lamp after DeviceScript's tools restart", async () => {
    await extension.close();
    await peripherals.find(/tools ended; waiting/);
    extension = await Extension.open(folder, env, port[0]);
    await peripherals.find(/tools ended[^]*are on the bus/);
  });
});
