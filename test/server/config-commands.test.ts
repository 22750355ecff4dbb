/** Tests the command `nightlight-server config` and the configuration file in the working directory. */
import { Ajv } from "ajv";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { addCommand, createCommand } from "../../server/src/app/cli.js";
import { configCommand } from "../../server/src/app/commands/config.js";
import { EXAMPLE_CONFIGURATION } from "../../server/src/config/example.js";
import { printConfiguration } from "../../server/src/config/print.js";
import { createJsonSchema } from "../../server/src/config/schema.js";
import { writeConfigFile, loadConfigText, runNightlight, findProblemsIn } from "./support/config.js";
import { createTemporaryFolder } from "./support/server.js";

/** Runs the command in the test process. Returns its output and exit code. */
function runConfig(...args: string[]) {
  const result = { code: 0, out: "", err: "" };
  const command = createCommand();
  addCommand(
    command,
    configCommand({
      printOutput: (text) => (result.out += text),
      printError: (text) => (result.err += text),
      fail: () => (result.code = 1),
    }),
  );
  command.parse(["config", ...args], { from: "user" });
  return result;
}

test("config init writes an example that passes config check, and overwrites a file only with --force", async () => {
  const file = path.join(await createTemporaryFolder(), "my.yaml");
  expect(runConfig("init", file)).toMatchObject({ code: 0, err: "", out: expect.stringContaining(`--config ${file}`) });
  const contents = "2 zones, 4 sensors, 4 lamps";
  expect(runConfig("check", file)).toEqual({ code: 0, out: `${file} is valid: ${contents}.\n`, err: "" });

  await writeFile(file, "mine: 1\n");
  const err = `${file} exists already; name another file, or overwrite it with --force.\n`;
  expect(runConfig("init", file)).toEqual({ code: 1, out: "", err });
  expect(await readFile(file, "utf8")).toBe("mine: 1\n");
  expect(runConfig("init", file, "--force")).toMatchObject({ code: 0 });
  expect(await readFile(file, "utf8")).toBe(EXAMPLE_CONFIGURATION);
  expect(runConfig("init", path.join(file, "x"))).toMatchObject({ code: 1, err: expect.stringContaining("cannot be written") }); // prettier-ignore
});

test.skipIf(process.platform === "win32")("config init --force does not write through a symbolic link", async () => {
  const folder = await createTemporaryFolder();
  const [target, link] = [path.join(folder, "another's"), path.join(folder, "nightlight.yaml")];
  await writeFile(target, "theirs");
  await symlink(target, link);
  const err = `${link} is a symbolic link, which is not followed; name the file that it leads to.\n`;
  expect(runConfig("init", link, "--force")).toEqual({ code: 1, out: "", err });
  expect(await readFile(target, "utf8")).toBe("theirs");
});

test("config check and config print list every error of a file with its line", async () => {
  const file = await writeConfigFile("host: 5\nrule:\n  threshold: dark\n");
  const err =
    `${file}:1:7: host is 5; it must be a text of 1 to 255 characters in one line, in quotes if it looks like a number.\n` +
    `${file}:3:14: rule > threshold is dark; it must be a number from 0 to 1023.\n`;
  for (const args of [["check", file], ["check", "--config", file], ["print", file]])
    expect(runConfig(...args)).toEqual({ code: 1, out: "", err }); // prettier-ignore
});

test("an unknown subcommand is refused, and the error suggests the nearest one", () => {
  expect(() => runConfig("chek")).toThrow(/unknown command 'chek'.*Did you mean check\?/s);
  expect(() => runConfig("schema", "x")).toThrow(/too many arguments/);
});

test("the server reads nightlight.yaml in its working directory, and starts nothing if the file contains a mistake", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "nightlight.yaml");
  expect(await runNightlight(folder, "config", "check")).toEqual({
    code: 1,
    out: "",
    err: expect.stringMatching(/^There is no nightlight\.yaml here: .*config init\.\n$/),
  });
  await writeFile(file, "log: xml\n");
  const err = "nightlight.yaml:1:6: log is xml; it must be pretty or json.\n";
  expect(await runNightlight(folder)).toEqual({ code: 2, out: "", err });
  expect(await readdir(folder)).toEqual(["nightlight.yaml"]);
  expect(await runNightlight(folder, "confg", "check")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^unknown command 'confg' \(there are config, user, sessions, and update\)/),
  });
});

describe("config print", () => {
  const text = `
broker: {url: "mqtts://me:hunter2@b", password: hunter3}
zones:
  hall: {sensors: [a, b], lamps: [c], hours: {from: 18:00, to: 6:00, time_zone: UTC}}
history: {readings: forever}
`;

  test("config print prints all settings as an equivalent configuration file", async () => {
    const loaded = await loadConfigText(text, ["--mqtt-port", "0"]);
    const again = await loadConfigText(printConfiguration(loaded));
    const { configuration } = loaded;
    // all settings are equal except `broker`, whose password is masked, and `data`, which becomes absolute
    expect(again.configuration).toEqual({
      ...configuration,
      broker: again.configuration.broker,
      data: path.resolve(configuration.data!),
    });
  });

  test("config print names the origin of each setting that is not the default", async () => {
    const printed = printConfiguration(await loadConfigText(text, ["--mqtt-port", "0"], { NIGHTLIGHT_LOG: "json" }));
    expect(printed).toMatch(/^mqtt_port: 0 # --mqtt-port$/m);
    expect(printed).toMatch(/^log: json # NIGHTLIGHT_LOG$/m);
    expect(printed).toMatch(/^ {4}sensors: \[a, b\] # .*nightlight\.yaml:4$/m);
    expect(printed).toMatch(/^ {2}readings: forever # .*nightlight\.yaml:5$/m);
    expect(printed).toMatch(/^http_port: 8080$/m);
    expect(printed).toMatch(/^ {4}threshold: 300$/m);
  });

  test("config print shows no secret", async () => {
    const printed = printConfiguration(await loadConfigText(text));
    expect(printed).toMatch(/url: mqtts:\/\/me:\*+@b /);
    expect(printed).not.toMatch(/hunter/);
  });
});

describe("config schema", () => {
  const validate = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(createJsonSchema());

  test("config schema prints a JSON Schema that accepts the example", () => {
    expect([validate(parse(EXAMPLE_CONFIGURATION)), validate.errors]).toEqual([true, null]);
    expect(JSON.parse(runConfig("schema").out)).toEqual(createJsonSchema());
  });

  test.each([
    "rule: {treshold: 1}",
    "rule: {threshold: 1024}",
    "reporting: {heartbeat: 30}",
    "reporting: {heartbeat: 30 sec}",
    "zones: {hall: {sensors: [a]}}",
    "zones: {great hall: {sensors: [a], lamps: [a]}}",
    "home_assistant: maybe",
    "mqtt_port: 1.5",
    "ids: [5]",
  ])("the server refuses what the schema refuses: %s", async (text) => {
    expect(validate(parse(text))).toBe(false);
    expect(await findProblemsIn(text)).toHaveLength(1);
  });
});
