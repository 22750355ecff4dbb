import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { DEFAULT_OPTIONS } from "../../server/src/config/options.js";
import {
  inputs,
  LAUNCH_FILE,
  findByName,
  ownMatchersOf,
  readVscodeFile,
  substituteVariables,
  tasks,
  type Task,
} from "./support/files.js";

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const configurations = LAUNCH_FILE.configurations.map(({ name }) => name);
const labels = tasks.map(({ label }) => label);

/** Returns the npm script that a task runs; undefined when it runs none. */
function scriptOf({ type, script, args }: Task): string | undefined {
  return type === "npm" ? script : args?.find((word) => word !== "run");
}

describe("launch.json", () => {
  test("has unique names, and refers only to existing names", () => {
    const names = [...configurations, ...LAUNCH_FILE.compounds.map(({ name }) => name)];
    expect(new Set(names).size).toBe(names.length);
    for (const compound of LAUNCH_FILE.compounds)
      for (const name of compound.configurations) expect(names).toContain(name);
    for (const { preLaunchTask } of [...LAUNCH_FILE.configurations, ...LAUNCH_FILE.compounds])
      if (preLaunchTask !== undefined) expect(labels).toContain(preLaunchTask);
    for (const { serverReadyAction } of LAUNCH_FILE.configurations)
      if (serverReadyAction) expect(configurations).toContain(serverReadyAction.name);
  });

  test("refers to existing programs and npm scripts", () => {
    for (const { program } of LAUNCH_FILE.configurations)
      if (program !== undefined) expect(existsSync(substituteVariables(program)), program).toBe(true);
    const npm = LAUNCH_FILE.configurations.filter(({ runtimeExecutable }) => runtimeExecutable === "npm");
    expect(npm.map(({ runtimeArgs }) => runtimeArgs)).toEqual([["start"]]);
    expect(scripts).toHaveProperty("start");
  });

  test("starts firmware, light and lamp, and server with one configuration", () => {
    expect(LAUNCH_FILE.compounds).toMatchObject([{ configurations: ["Server", "Light and lamp", "Firmware"] }]);
    // checks the fields that DeviceScript's extension requires (its vscode/package.json)
    expect(findByName(LAUNCH_FILE.configurations, "Firmware")).toMatchObject({
      type: "devicescript",
      request: "launch",
      program: "${workspaceFolder}/src/main.ts",
      deviceId: "${command:deviceScriptSimulator}",
    });
  });

  test("needs an extension only for the firmware", () => {
    const types = LAUNCH_FILE.configurations.filter(({ name }) => name !== "Firmware").map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(["node", "editor-browser"]));
  });
});

describe("the ports of firmware and server", () => {
  test("do not include 8081 to 8083, which the extension uses", () => {
    const { mqttPort, mqttsPort, httpPort } = DEFAULT_OPTIONS;
    expect([mqttPort, mqttsPort, httpPort]).toEqual([1883, 8883, 8080]);
  });

  test("agree with the dashboard's address and the firmware's default broker", () => {
    expect(findByName(LAUNCH_FILE.configurations, "Dashboard").url).toBe("http://127.0.0.1:8080");
    const settings = readFileSync(path.join(ROOT, ".env.defaults"), "utf8");
    expect(settings).toMatch(/^MQTT_HOST=127\.0\.0\.1$/m);
    expect(settings).toMatch(/^MQTT_PORT=1883$/m);
  });
});

describe("tasks.json", () => {
  test("has unique labels, and depends only on existing tasks", () => {
    expect(new Set(labels).size).toBe(labels.length);
    for (const { dependsOn } of tasks) for (const label of [dependsOn ?? []].flat()) expect(labels).toContain(label);
  });

  test("has a task for each npm script that developers need", () => {
    const wanted = ["build", "check", "test", "setup", "doctor", "flash", "deploy", "monitor"];
    expect(labels).toEqual(expect.arrayContaining(wanted));
    for (const task of tasks.filter(({ label }) => label !== "build")) expect(scripts).toHaveProperty(scriptOf(task)!);
  });

  test("offers every board with firmware, the default board first", () => {
    const used = JSON.stringify(tasks).match(/\$\{input:\w+\}/g);
    expect(new Set(used)).toEqual(new Set(["${input:board}"]));
    const [{ options, default: first }] = inputs;
    const boards = readdirSync(path.join(ROOT, "boards")).map((name) =>
      name.replace(/^nightlight_|\.board\.json$/g, ""),
    );
    expect([...options].sort()).toEqual(boards.sort());
    expect([options[0], readFileSync(path.join(ROOT, "src/main.ts"), "utf8")]).toEqual([
      first,
      expect.stringContaining(`nightlight_${first}`),
    ]);
  });

  test("uses only its own problem matchers and built-in ones", () => {
    const all = tasks.flatMap(({ problemMatcher }) => [problemMatcher].flat());
    expect(new Set(all.filter((one) => typeof one === "string"))).toEqual(new Set(["$tsc", "$eslint-stylish"]));
    expect(tasks.flatMap(ownMatchersOf).map(({ owner }) => owner)).toEqual(["devicescript", "vitest"]);
  });
});

describe("the settings and recommendations of VS Code", () => {
  test("use the installed version of TypeScript", () => {
    const settings = readVscodeFile<Record<string, unknown>>("settings.json");
    expect(existsSync(path.join(ROOT, String(settings["typescript.tsdk"]), "typescript.js"))).toBe(true);
  });

  test("recommend no extension that the Marketplace has removed", () => {
    const { recommendations } = readVscodeFile<{ recommendations: string[] }>("extensions.json");
    expect(recommendations).not.toContain("devicescript.devicescript-vscode");
    for (const id of recommendations) expect(id).toMatch(/^[\w-]+\.[\w-]+$/);
  });

  test("are documented for every configuration and task", () => {
    const text = readFileSync(path.join(ROOT, "docs/how-to/vscode.md"), "utf8");
    for (const name of [...configurations, ...LAUNCH_FILE.compounds.map(({ name }) => name)])
      expect(text).toContain(`**${name}**`);
    for (const label of labels) expect(text).toContain(`\`${label}\``);
  });
});
