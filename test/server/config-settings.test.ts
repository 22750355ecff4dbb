/** Tests the options that result from a configuration file, flags and environment variables. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import { createCommand } from "../../server/src/app/cli.js";
import { dataFolderOf } from "../../server/src/config/data-folder.js";
import { formatDuration, parseDuration } from "../../server/src/common/duration.js";
import { writeConfigFile, loadConfig, loadConfigText, findProblemsIn } from "./support/config.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test("the defaults behave like the lesson's server", () => {
  const { options, file } = loadConfig();
  expect(file).toBeUndefined();
  expect(options.policy).toEqual(LESSON_POLICY);
});

describe("settings in the file", () => {
  test("zones inherit settings from the global rule", async () => {
    const { policy } = (
      await loadConfigText(`
rule: {threshold: 200, min_on: 1 min}
zones:
  hall:
    sensors: [nightlight/a, b]
    lamps: [nightlight/a]
  yard:
    label: Back yard
    sensors: [c, d, e]
    lamps: [c, d]
    combine: at_least
    at_least: 2
    threshold: 99.5
    hysteresis: 10
    min_on: 0
    min_off: 1.5 h
    stale_after: 5 min
    hours: {from: 22:30, to: 6:05, time_zone: Europe/Berlin, outside: on}
`)
    ).options;
    expect(policy.zones).toEqual([
      {
        name: "hall",
        label: "hall",
        sensors: ["nightlight/a", "b"],
        lamps: ["nightlight/a"],
        combine: "median",
        at_least: 1,
        rule: { threshold: 200, hysteresis: 0, min_on: MINUTE, min_off: 0 },
        stale_after: 90_000,
        hours: undefined,
      },
      {
        name: "yard",
        label: "Back yard",
        sensors: ["c", "d", "e"],
        lamps: ["c", "d"],
        combine: "at_least",
        at_least: 2,
        rule: { threshold: 99.5, hysteresis: 10, min_on: 0, min_off: 90 * MINUTE },
        stale_after: 5 * MINUTE,
        hours: { from: 1350, to: 365, time_zone: "Europe/Berlin", outside: "on" },
      },
    ]);
  });

  test("devices have a label and settings that override the global rule", async () => {
    const { devices } = (
      await loadConfigText("rule: {hysteresis: 5}\ndevices: {a: {label: Porch}, b: {rule: {threshold: 100}}}")
    ).options.policy;
    expect(devices.get("a")).toEqual({ label: "Porch", rule: undefined });
    expect(devices.get("b")?.rule).toEqual({ threshold: 100, hysteresis: 5, min_on: 0, min_off: 0 });
  });

  test("boards receive only settings that differ from their own defaults", async () => {
    const { policy } = (
      await loadConfigText("reporting: {sample: 1 s, heartbeat: 30 s, offline: latest, alone_after: 10000 ms}")
    ).options;
    expect(policy.reporting).toEqual({ sample: 1000, offline: "latest" });
  });

  test("the stale time of a sensor is longer than its heartbeat interval", async () => {
    const loadStaleAfter = async (reporting: string): Promise<number> =>
      (await loadConfigText(`reporting: ${reporting}\nzones: {z: {sensors: [a], lamps: [a]}}`)).options.policy.zones[0]
        .stale_after;
    expect(await loadStaleAfter("{heartbeat: 10 min}")).toBe(30 * MINUTE);
    expect(await loadStaleAfter("{report: interval, interval: 1 h}")).toBe(180 * MINUTE);
    expect(await loadStaleAfter("{heartbeat: 1 s}")).toBe(90_000);
  });

  test("a PostgreSQL URL can come from the file or the environment, and its password is not shown", async () => {
    const url = "postgres://me:secret@db.example.org/lights";
    const { options } = await loadConfigText(`history: {url: "${url}", readings: 1 d}`);
    expect(options.history).toEqual({ url, readings: DAY, switches: 365 * DAY });
    const wrong = await findProblemsIn('history: {url: "mysql://me:secret@db/lights"}');
    expect(wrong.join()).toMatch(
      /history > url is "mysql:\/\/me:\*+@db\/lights"; it must be the URL of a database.+postgres/,
    );
  });

  test("history, Home Assistant and limits can be configured or switched off", async () => {
    const all = await loadConfigText(
      "history: {readings: forever}\nhome_assistant: {discovery_prefix: ha}\nlimits: {rate: 5}",
    );
    expect(all.options.history).toEqual({ readings: undefined, switches: 365 * DAY });
    expect(all.options.homeAssistant).toEqual({ discoveryPrefix: "ha" });
    expect(all.options.limits).toMatchObject({ rate: 5, queue: 1000 });
    const none = await loadConfigText("history: false\nhome_assistant: false");
    expect(none.options).toMatchObject({ history: false, homeAssistant: false });
    const plain = await loadConfigText("home_assistant: true");
    expect(plain.options.homeAssistant).toEqual({ discoveryPrefix: "homeassistant" });
  });

  test("on a remote broker, the server also serves the devices that the file names", async () => {
    const text = "topic_prefix: home\nids: [x]\ndevices: {home/a: {label: A}, y: {}}\nzones: {z: {sensors: [home/b, other/c], lamps: [y]}}"; // prettier-ignore
    expect((await loadConfigText(`broker: {url: "mqtt://b"}\n${text}`)).options.ids).toEqual(["x", "y", "other/c"]);
    expect((await loadConfigText(text)).options.ids).toEqual(["x"]);
  });
});

test("paths in the file are relative to the file, and paths in flags and variables to the working directory", async () => {
  const file = await writeConfigFile("data: kept\nbroker: {url: 'mqtt://b', password_file: secret/../word}\ntls: {cert: c.pem, key: k.pem}\n"); // prettier-ignore
  const folder = path.dirname(file);
  for (const [name, text] of [["word", "hunter2\r\n"], ["c.pem", ""], ["k.pem", ""]]) await writeFile(path.join(folder, name), text); // prettier-ignore
  const { options } = loadConfig(["--config", file]);
  expect(options).toMatchObject({
    data: path.join(folder, "kept"),
    password: "hunter2",
    tls: { cert: path.join(folder, "c.pem"), key: path.join(folder, "k.pem") },
  });
  expect(loadConfig(["--config", file], { NIGHTLIGHT_DATA: "here" }).options.data).toBe("here");
  expect(loadConfig(["--config", file, "--password", "other"]).options.password).toBe("other");
});

describe("a flag overrides its variable, a variable overrides the file, and the file overrides the default", () => {
  const text =
    "host: ::1\nmqtt_port: 1\nhttp_port: 2\nids: [f]\nbroker: {url: 'mqtt://file', username: me}\nhttp: false";
  const env = {
    NIGHTLIGHT_MQTT_PORT: "3",
    NIGHTLIGHT_HTTP: "1",
    NIGHTLIGHT_ID: "e, g",
    NIGHTLIGHT_BROKER: "mqtt://env",
  };

  test("each setting follows this order on its own", async () => {
    expect((await loadConfigText(text)).options).toMatchObject({ mqttPort: 1, httpPort: 2, http: false, ids: ["f"] });
    expect((await loadConfigText(text, [], env)).options).toMatchObject({
      host: "::1",
      mqttPort: 3,
      httpPort: 2,
      http: true,
      ids: ["e", "g"],
      broker: "mqtt://env",
      username: "me",
    });
    expect((await loadConfigText(text, ["--mqtt-port", "4", "--no-http", "--id", "h"], env)).options).toMatchObject({
      mqttPort: 4,
      http: false,
      ids: ["h"],
    });
  });

  test("the origin of each setting is known", async () => {
    const loaded = await loadConfigText(text, ["--mqtt-port", "4"], env);
    expect(loaded.origin(["mqtt_port"])).toBe("--mqtt-port");
    expect(loaded.origin(["broker", "url"])).toBe("NIGHTLIGHT_BROKER");
    expect(loaded.origin(["broker", "username"])).toMatch(/nightlight\.yaml:5$/);
    expect(loaded.origin(["rule", "threshold"])).toBeUndefined();
  });

  test("a flag or a variable names the file", async () => {
    const [one, two] = await Promise.all([writeConfigFile("host: ::1"), writeConfigFile("host: 127.0.0.2")]);
    expect(loadConfig([], { NIGHTLIGHT_CONFIG: one }).options.host).toBe("::1");
    expect(loadConfig(["--config", two], { NIGHTLIGHT_CONFIG: one }).options.host).toBe("127.0.0.2");
    expect(loadConfig([], { NIGHTLIGHT_CONFIG: "" }).file).toBeUndefined();
  });

  test("each mistake is reported under the name of its origin, together with the others", async () => {
    const problems = await findProblemsIn("log: xml", ["--mqtt-port", "abc", "--id", "a", "--id", "b#"], { NIGHTLIGHT_HTTP: "maybe" }); // prettier-ignore
    expect(problems).toEqual([
      '--mqtt-port is "abc"; it must be a whole number from 0 to 65535; 0 means any free port.',
      'NIGHTLIGHT_HTTP is "maybe"; it must be true or false.',
      expect.stringMatching(/^--id is "b#"; .* cannot contain # or \+\.$/),
      "1:6: log is xml; it must be pretty or json.",
    ]);
    expect(await findProblemsIn("http_port: 1884", [], { NIGHTLIGHT_MQTT_PORT: "1884" })).toEqual([
      "1:12: http_port is 1884, as mqtt_port is; a port serves one of them.",
    ]);
    expect(await findProblemsIn("", [], { NIGHTLIGHT_MQTT_PORT: "8080" })).toEqual([
      "NIGHTLIGHT_MQTT_PORT is 8080, as http_port is; a port serves one of them.",
    ]);
  });
});

describe("a subcommand uses the server's data folder", () => {
  const parseDataFolder = (flags: string[], env: Record<string, string> = {}): string => {
    let found = "";
    const command = createCommand();
    command.command("user").action((_flags, self) => void (found = dataFolderOf(self, env)));
    command.parse(["user", ...flags], { from: "user" });
    return found;
  };

  test("the folder comes from the flag, the variable, the file or the default", async () => {
    const file = await writeConfigFile("data: kept");
    expect(parseDataFolder(["--data", "a"], { NIGHTLIGHT_DATA: "b" })).toBe("a");
    expect(parseDataFolder(["--config", file], { NIGHTLIGHT_DATA: "b" })).toBe("b");
    expect(parseDataFolder(["--config", file])).toBe(path.join(path.dirname(file), "kept"));
    expect(parseDataFolder([], { XDG_DATA_HOME: "/somewhere", LOCALAPPDATA: "/somewhere" })).toBe(
      path.join("/somewhere", "nightlight"),
    );
  });

  test("a flag for the folder makes an invalid file irrelevant", async () => {
    const file = await writeConfigFile("nonsense: 1");
    expect(parseDataFolder(["--config", file, "--data", "a"])).toBe("a");
    expect(() => parseDataFolder(["--config", file])).toThrow(/nonsense is no setting/);
  });
});

test("durations are parsed in every unit and formatted in the shortest form", () => {
  const written: [text: string, ms: number][] = [
    ["250 ms", 250],
    ["10 s", 10_000],
    ["90 s", 90_000],
    ["5 min", 5 * MINUTE],
    ["2 h", 120 * MINUTE],
    ["30 d", 30 * DAY],
    ["forever", Infinity],
  ];
  for (const [text, ms] of written) {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  }
  expect([parseDuration("10s"), parseDuration("0.3 s")]).toEqual([10_000, 300]);
  for (const text of ["10", "5 m", "5 Min", "-5 s", " 5 s", "5  s", "1e3 s", ".5 s", ""])
    expect(parseDuration(text)).toBeUndefined();
});
