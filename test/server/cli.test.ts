/** Tests the command line of `nightlight-server`: flags, environment variables, error messages, exit codes and signals. */
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { defaultDataFolder } from "../../server/src/config/default-data-folder.js";
import { createCommand, optionsFrom, parsingProblem } from "../../server/src/app/cli.js";
import { UsageError } from "../../server/src/common/errors.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { startServerProgram } from "./support/program.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const parseOptions = (flags: string[], env: Record<string, string> = {}) =>
  optionsFrom(createCommand().parse(flags, { from: "user" }), env);

describe("flags and environment", () => {
  test("every setting has a default", () => {
    expect(parseOptions([])).toMatchObject({
      mqttPort: 1883,
      httpPort: 8080,
      http: true,
      host: "127.0.0.1",
      anonymous: false,
      topicPrefix: "nightlight",
      ids: [],
      data: defaultDataFolder({}),
      log: "pretty",
    });
  });

  test("the log has lines about messages with --verbose, and in JSON", () => {
    expect(parseOptions([]).logMessages).toBe("none");
    expect(parseOptions(["--verbose"]).logMessages).toBe("condensed");
    expect(parseOptions(["--log", "json"]).logMessages).toBe("condensed");
    expect(parseOptions(["--verbose", "--log-messages", "all"]).logMessages).toBe("all");
  });

  test("every setting can come from the environment, and a flag overrides it", () => {
    const env = {
      NIGHTLIGHT_BROKER: "mqtt://broker",
      NIGHTLIGHT_USERNAME: "me",
      NIGHTLIGHT_PASSWORD: "word",
      NIGHTLIGHT_MQTT_PORT: "1",
      NIGHTLIGHT_MQTTS_PORT: "3",
      NIGHTLIGHT_HTTP_PORT: "2",
      NIGHTLIGHT_HTTP: "0",
      NIGHTLIGHT_HOST: "::1",
      NIGHTLIGHT_ANONYMOUS: "1",
      NIGHTLIGHT_TOPIC_PREFIX: "home",
      NIGHTLIGHT_ID: "a, b/c,",
      NIGHTLIGHT_DATA: "there",
      NIGHTLIGHT_LOG: "json",
      NIGHTLIGHT_TLS_CERT: import.meta.filename,
      NIGHTLIGHT_TLS_KEY: import.meta.filename,
    };
    expect(parseOptions([], env)).toMatchObject({
      broker: "mqtt://broker",
      username: "me",
      password: "word",
      mqttPort: 1,
      mqttsPort: 3,
      tls: { cert: import.meta.filename, key: import.meta.filename },
      httpPort: 2,
      http: false,
      host: "::1",
      anonymous: true,
      topicPrefix: "home",
      ids: ["a", "b/c"],
      data: "there",
      log: "json",
    });
    expect(parseOptions(["--mqtt-port", "5", "--id", "x,y", "--id", "z"], env)).toMatchObject({
      mqttPort: 5,
      ids: ["x,y", "z"],
    });
  });

  test("an empty variable counts as not set", () => {
    const names = ["BROKER", "HTTP", "ID", "MQTT_PORT", "DATA", "LOG", "CONFIG"].map((name) => [
      `NIGHTLIGHT_${name}`,
      "",
    ]);
    expect(parseOptions([], Object.fromEntries(names) as Record<string, string>)).toEqual(parseOptions([]));
  });

  test.each([
    [["--mqtt-port", "abc"], /^--mqtt-port is "abc"; it must be a whole number/],
    [["--http-port", "70000"], /^--http-port is "70000"; it must be a whole number from 0 to 65535/],
    [["--log", "xml"], /^--log is "xml"; it must be pretty or json\.$/],
    [["--topic-prefix", "home/"], /^--topic-prefix is "home\/"; .*cannot end with \//],
    [["--broker", "http://me:secret@x"], /^--broker is "http:\/\/me:\*+@x"; .* not supported: use mqtt:\/\//],
  ])("%j is a value that is not allowed, said in one line", (flags, words) => {
    expect(() => parseOptions(flags)).toThrow(UsageError);
    expect(() => parseOptions(flags)).toThrow(words);
  });

  test("the error lists all problems at once", () => {
    expect(() => parseOptions(["--mqtt-port", "abc"], { NIGHTLIGHT_LOG: "xml" })).toThrow(
      /^--mqtt-port .*\nNIGHTLIGHT_LOG .*$/,
    );
  });

  test.each([
    [["--brocker", "x"], /unknown option '--brocker'.*--broker/],
    [["what"], /too many arguments/],
  ])("%j is wrong usage, said in one line", (flags, words) => {
    let error: unknown;
    try {
      parseOptions(flags);
    } catch (thrown) {
      error = thrown;
    }
    const { text, code } = parsingProblem(error as CommanderError);
    expect(text).toMatch(words);
    expect(text).not.toContain("\n");
    expect(code).toBe(2);
  });
});

/** Runs the program until it exits by itself. Returns its exit code and output. */
async function runUntilExit(flags: string[], env: Record<string, string> = {}) {
  const program = startServerProgram(flags, env);
  const code = await program.waitForExit();
  return { code, ...program.output };
}

const ANY_PORT_FLAGS = ["--mqtt-port", "0", "--http-port", "0"];

describe("a failed start prints one sentence on stderr", () => {
  test("a usage error exits with code 2", async () => {
    const [flag, variable] = await Promise.all([
      runUntilExit(["--bogus"]),
      runUntilExit([], { NIGHTLIGHT_HTTP: "maybe" }),
    ]);
    expect(flag).toEqual({ code: 2, out: "", err: "unknown option '--bogus'. See nightlight-server --help.\n" });
    expect(variable).toEqual({ code: 2, out: "", err: 'NIGHTLIGHT_HTTP is "maybe"; it must be true or false.\n' });
  });

  test("without HTTP, where an account could be created, the server refuses to listen on the network without accounts", async () => {
    expect(
      await runUntilExit([
        "--no-http",
        "--host",
        "0.0.0.0",
        "--data",
        await createTemporaryFolder(),
        ...ANY_PORT_FLAGS,
      ]),
    ).toEqual({
      code: 1,
      out: "",
      err: expect.stringMatching(
        /^Others can reach .* 0\.0\.0\.0 \(--host\), and nobody has an account; .*user add.*--anonymous.*\.\n$/,
      ),
    });
  });

  test("the program exits with code 1 if a port is taken, or the broker is unreachable or not a broker", async () => {
    const { brokerUrl, httpUrl } = await startTestServer();
    const mqttPort = new URL(brokerUrl).port;
    const httpPort = new URL(httpUrl!).port;
    const unusedPort = await freePort();
    const folders = await Promise.all([1, 2, 3, 4].map(() => createTemporaryFolder()));
    const [mqtt, http, refused, noBroker] = await Promise.all([
      runUntilExit(["--data", folders[0], "--mqtt-port", mqttPort, "--no-http"]),
      runUntilExit(["--data", folders[1], "--mqtt-port", "0", "--http-port", httpPort]),
      runUntilExit(["--data", folders[2], "--broker", `mqtt://127.0.0.1:${unusedPort}`]),
      runUntilExit(["--data", folders[3], "--broker", `mqtt://127.0.0.1:${httpPort}`]),
    ]);
    expect(mqtt).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^The MQTT port \d+ .* is taken .*--mqtt-port 0\.\n$/),
    });
    expect(http).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^The HTTP port \d+ .* is taken .*--http-port 0\.\n$/),
    });
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^The broker .* nothing listens on port .*\.\n$/),
    });
    expect(noBroker).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^The broker .* does not answer as an MQTT broker.*\.\n$/),
    });
  });
});

describe.skipIf(process.platform === "win32")("signals", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends the server within two seconds with exit code 0 while clients are connected",
    async (signal) => {
      const program = startServerProgram([...ANY_PORT_FLAGS, "--data", await createTemporaryFolder(), "--log", "json"]);
      const { mqtt } = await program.waitForAddresses();
      const device = await connectClient(mqtt, {}, "nightlight/status", "porch/commands");
      await device.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
      await eventually(() => device.got.some(({ topic }) => topic === "porch/commands"), { what: "the answer" });
      const asked = performance.now();
      program.child.kill(signal);
      // exit code 0 shows that the server did not wait for its clients: it would exit with code 1 after a timeout
      expect({ code: await program.waitForExit(), err: program.output.err }).toEqual({ code: 0, err: "" });
      expectDuration(asked, 2000, "the exit");
      await eventually(() => device.got.at(-1)?.text === '{"online":false}', { what: "the offline status" });
      const events = program.readEntries();
      expect(events).toContainEqual(expect.objectContaining({ event: "received", id: "porch", message: { light: 1 } }));
      expect(events).toContainEqual(expect.objectContaining({ event: "sent", id: "porch", message: { led_on: true } }));
    },
  );
});

test("--help lists every flag and variable, and --version prints the version", async () => {
  const [help, version] = await Promise.all([runUntilExit(["--help"]), runUntilExit(["--version"])]);
  expect(help).toMatchObject({ code: 0, err: "" });
  for (const name of [
    "broker",
    "username",
    "password",
    "mqtt-port",
    "mqtts-port",
    "http-port",
    "tls-cert",
    "tls-key",
    "config",
    "host",
    "topic-prefix",
    "data",
    "log",
    "id",
    "anonymous",
  ]) {
    expect(help.out).toContain(`--${name}`);
    expect(help.out).toContain(`NIGHTLIGHT_${name.toUpperCase().replaceAll("-", "_")}`);
  }
  expect(help.out).toContain("--no-http");
  expect(help.out).toMatch(/Commands:\s+config .*\suser /s);
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
