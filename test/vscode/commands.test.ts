/** The commands of the launch configurations and tasks, run. What flash and deploy do is tested in `test/flash`. */
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { FrameSplitter } from "../../scripts/peripherals/devtools.js";
import { client } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { commandOf, commandOfTask, launch, named, tasks, type Command } from "./support/files.js";
import { generatedPlace, Inspector, sourceMapOf, type Location } from "./support/inspector.js";
import { startProgram, type Program } from "./support/programs.js";

function start(command: Command): Program {
  const program = startProgram(command);
  onTestFinished(() => program.end());
  return program;
}

/** Free ports, and a folder of its own. */
async function elsewhere(): Promise<string[]> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-vscode-"));
  onTestFinished(() => rm(data, { recursive: true, force: true, maxRetries: 5 }));
  return ["--mqtt-port", "0", "--http-port", "0", "--data", data];
}

describe("launch configurations", () => {
  test("F5 without any extension: everything runs, and the dashboard is there as soon as it is to open", async () => {
    const configuration = named(launch.configurations, "Nightlight");
    const program = start([...commandOf(configuration), "--", ...(await elsewhere())]);
    // what is looked for by VS Code itself, which then starts the configuration that shows the dashboard
    const address = await program.find(new RegExp(configuration.serverReadyAction!.pattern, "i"));
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect(await (await fetch(address)).text()).toContain("<title>Nightlight");
    await program.find(/sim-1\s+connected to/);
  });

  test("a breakpoint in the server's TypeScript stops it there, and it goes on", async () => {
    const source = path.join(ROOT, "server/src/decisions/decisions.ts");
    const lines = (await readFile(source, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.includes("this.#options.command(device, command")) + 1;
    expect(line).toBeGreaterThan(0);

    const [node, ...args] = commandOf(named(launch.configurations, "Server"));
    // not by NODE_OPTIONS: then its threads would wait for debuggers too
    const program = start([node, "--inspect-brk=127.0.0.1:0", ...args, ...(await elsewhere())]);
    const inspector = await Inspector.join(await program.find(/Debugger listening on (ws:\S+)/));
    onTestFinished(() => inspector.leave());
    await inspector.ask("Debugger.resume");
    const script = await inspector.script(pathToFileURL(source).href);
    const map = sourceMapOf(script);
    const place: Location = { scriptId: script.scriptId, ...generatedPlace(map, line) };
    await inspector.ask("Debugger.setBreakpoint", { location: place });

    const device = await client(await program.find(/mqtt:\/\/127\.0\.0\.1:\d+/), {}, "lesson/commands");
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

describe("tasks", () => {
  /** What may be added to an npm command for its program. */
  const withArguments = (label: string, ...args: string[]): Command => {
    const command = commandOfTask(named(tasks, label))!;
    return [...command, ...(command.includes("--") ? [] : ["--"]), ...args];
  };

  test.each(["build firmware", "build server", "build dashboard"])("%s ends well", async (label) => {
    const { code, output } = await start(commandOfTask(named(tasks, label))!).ended;
    expect([code, output]).toEqual([0, expect.stringContaining("scripts/build.ts")]);
  });

  test("test runs the tests", async () => {
    const { code, output } = await start(withArguments("test", "test/contract/topics.test.ts")).ended;
    expect([code, output]).toEqual([0, expect.stringMatching(/Test Files\s+1 passed/)]);
  });

  test.each(["setup", "doctor", "flash", "deploy", "monitor"])(
    "%s is there, with the flags it is given",
    async (label) => {
      const { code, output } = await start(withArguments(label, "--help")).ended;
      expect([code, output]).toEqual([0, expect.stringContaining(`npm run ${label} --`)]);
    },
  );

  test("check is what runs for every change", async () => {
    expect(commandOfTask(named(tasks, "check"))).toEqual(["npm", "run", "check"]);
    expect(await readFile(path.join(ROOT, ".ci/run"), "utf8")).toMatch(/^npm run check$/m);
  });
});

describe("npm run peripherals", () => {
  test("takes frames as they come, in pieces or several at once", () => {
    const frames: number[][] = [];
    const splitter = new FrameSplitter((frame) => frames.push([...frame]));
    for (const byte of [2, 10, 11]) splitter.push(Uint8Array.of(byte));
    splitter.push(Uint8Array.of(1, 20, 3, 30, 31, 32, 2, 40));
    splitter.push(Uint8Array.of(41));
    expect(frames).toEqual([[10, 11], [20], [30, 31, 32], [40, 41]]);
  });

  test("takes numbers from 0 to 1023, and says so of anything else", async () => {
    const program = start(commandOf(named(launch.configurations, "Light and lamp")));
    await program.find(/Waiting for DeviceScript's tools/);
    program.child.stdin?.write("400\n1024\n\n");
    await program.find(/held at 400[^]*from 0 to 1023, not "1024"[^]*goes through day and night/);
  });

  test("a wrong flag ends it with code 2", async () => {
    const { code, output } = await start(["npm", "run", "peripherals", "--", "--light", "dim"]).ended;
    expect([code, output]).toEqual([2, expect.stringContaining("whole number from 0 to 1023")]);
  });
});
