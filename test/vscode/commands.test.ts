/** Runs the commands of VS Code's launch configurations and tasks. `test/flash` tests what flash and deploy do. */
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { FrameSplitter } from "../../scripts/peripherals/devtools.js";
import { connectClient } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { commandOf, commandOfTask, LAUNCH_FILE, findByName, tasks, type Command } from "./support/files.js";
import { findGeneratedPlace, Inspector, sourceMapOf, type Location } from "./support/inspector.js";
import { startProgram, type Program } from "./support/programs.js";

function startCommand(command: Command): Program {
  const program = startProgram(command);
  onTestFinished(() => program.end());
  return program;
}

/** Returns flags for free ports and a temporary data folder. */
async function createIsolationFlags(): Promise<string[]> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-vscode-"));
  onTestFinished(() => rm(data, { recursive: true, force: true, maxRetries: 5 }));
  return ["--mqtt-port", "0", "--http-port", "0", "--data", data];
}

describe("a launch configuration", () => {
  test("starts everything with F5, and the dashboard answers as soon as VS Code opens it", async () => {
    const configuration = findByName(LAUNCH_FILE.configurations, "Nightlight");
    const program = startCommand([...commandOf(configuration), "--", ...(await createIsolationFlags())]);
    // finds the address by the pattern for which VS Code waits before it opens the dashboard
    const address = await program.find(new RegExp(configuration.serverReadyAction!.pattern, "i"));
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect(await (await fetch(address)).text()).toContain("<title>Nightlight");
    await program.find(/sim-1\s+connected to/);
  });

  test("stops the server at a breakpoint in its TypeScript, and resumes", async () => {
    const source = path.join(ROOT, "server/src/outputs/lamps.ts");
    const lines = (await readFile(source, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.includes("device.recordDecision(lamp);")) + 1;
    expect(line).toBeGreaterThan(0);

    const [node, ...args] = commandOf(findByName(LAUNCH_FILE.configurations, "Server"));
    // passes --inspect-brk as a flag, because NODE_OPTIONS would also make the server's threads wait for a debugger
    const program = startCommand([node, "--inspect-brk=127.0.0.1:0", ...args, ...(await createIsolationFlags())]);
    const inspector = await Inspector.connect(await program.find(/Debugger listening on (ws:\S+)/));
    onTestFinished(() => inspector.disconnect());
    await inspector.ask("Debugger.resume");
    const script = await inspector.waitForScript(pathToFileURL(source).href);
    const map = sourceMapOf(script);
    const place: Location = { scriptId: script.scriptId, ...findGeneratedPlace(map, line) };
    await inspector.ask("Debugger.setBreakpoint", { location: place });

    const device = await connectClient(await program.find(/mqtt:\/\/127\.0\.0\.1:\d+/), {}, "lesson/commands");
    const paused = once(inspector, "Debugger.paused");
    await device.publishAsync("lesson/telemetry", '{"light":100}');
    const [{ callFrames }] = (await paused) as [{ callFrames: { location: Location }[] }];
    const { lineNumber, columnNumber } = callFrames[0].location;
    expect(map.findEntry(lineNumber, columnNumber)).toMatchObject({ originalLine: line - 1 });
    expect(device.got).toEqual([]);
    await inspector.ask("Debugger.resume");
    await eventually(() => device.got.some(({ text }) => text === '{"led_on":true}'), { within: 10_000, what: "the command" }); // prettier-ignore
  });
});

describe("a task", () => {
  /** Appends arguments for the npm script to a task's command. */
  const appendArguments = (label: string, ...args: string[]): Command => {
    const command = commandOfTask(findByName(tasks, label))!;
    return [...command, ...(command.includes("--") ? [] : ["--"]), ...args];
  };

  test.each(["build firmware", "build server", "build dashboard"])("succeeds: %s", async (label) => {
    const { code, output } = await startCommand(commandOfTask(findByName(tasks, label))!).ended;
    expect([code, output]).toEqual([0, expect.stringContaining("scripts/build.ts")]);
  });

  test("runs the tests: test", async () => {
    const { code, output } = await startCommand(appendArguments("test", "test/contract/topics.test.ts")).ended;
    expect([code, output]).toEqual([0, expect.stringMatching(/Test Files\s+1 passed/)]);
  });

  test.each(["setup", "doctor", "flash", "deploy", "monitor"])(
    "runs an npm script with its flags: %s",
    async (label) => {
      const { code, output } = await startCommand(appendArguments(label, "--help")).ended;
      expect([code, output]).toEqual([0, expect.stringContaining(`npm run ${label} --`)]);
    },
  );

  test("runs the same check as CI: check", async () => {
    expect(commandOfTask(findByName(tasks, "check"))).toEqual(["npm", "run", "check"]);
    expect(await readFile(path.join(ROOT, ".ci/run"), "utf8")).toMatch(/^npm run check$/m);
  });
});

describe("npm run peripherals", () => {
  test("splits frames that arrive in pieces or several at once", () => {
    const frames: number[][] = [];
    const splitter = new FrameSplitter((frame) => frames.push([...frame]));
    for (const byte of [2, 10, 11]) splitter.push(Uint8Array.of(byte));
    splitter.push(Uint8Array.of(1, 20, 3, 30, 31, 32, 2, 40));
    splitter.push(Uint8Array.of(41));
    expect(frames).toEqual([[10, 11], [20], [30, 31, 32], [40, 41]]);
  });

  test("accepts numbers from 0 to 1023, and explains the range for other input", async () => {
    const program = startCommand(commandOf(findByName(LAUNCH_FILE.configurations, "Light and lamp")));
    await program.find(/Waiting for DeviceScript's tools/);
    program.child.stdin?.write("400\n1024\n\n");
    await program.find(/held at 400[^]*from 0 to 1023, not "1024"[^]*follows day and night again/);
  });

  test("exits with code 2 after a wrong flag", async () => {
    const { code, output } = await startCommand(["npm", "run", "peripherals", "--", "--light", "dim"]).ended;
    expect([code, output]).toEqual([2, expect.stringContaining("whole number from 0 to 1023")]);
  });
});
