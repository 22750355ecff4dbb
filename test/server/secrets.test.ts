/** Tests that secrets do not appear in logs, errors, the API or the dashboard. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { redactText, redactUrl } from "../../server/src/security/redact.js";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { loadConfig, loadConfigText, runNightlight, findProblemsIn } from "./support/config.js";
import { addUsers } from "./support/guarded.js";
import { startServerProgram } from "./support/program.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

test.each([
  ["mqtt://broker:1883", "mqtt://broker:1883"],
  ["mqtt://me:hunter2@broker", "mqtt://me:********@broker"],
  ["mqtt://hunter2@broker", "mqtt://********@broker"],
  ["mqtt://hunter2:@broker", "mqtt://********@broker"],
  ["redis://:hunter2@h:6379/1", "redis://:********@h:6379/1"],
  ["ws://h/mqtt?token=hunter2", "ws://h/mqtt?token=********"],
  ["ws://h:9001?hunter2", "ws://h:9001?********"],
  ["ws://h/mqtt?t=hunter2@x#hunter2", "ws://h/mqtt?t=********#********"],
  ["postgres://h/d?sslmode=require&password=hunter2&sslpassword=hunter2&user=me", "postgres://h/d?sslmode=require&password=********&sslpassword=********&user=me"],
  ["postgres://me:12/hunter2@h/d", "postgres://********@h/d"],
  ["mqtt://me:12?hunter2@h", "mqtt://********?********"],
  ["mqtt://me:hun/ter2@h", "mqtt://********"],
  ["mqtt://me:hunter2%40h", "mqtt://********"],
  ["me:hunter2@broker", "********@broker"],
  ["host=h password=hunter2 dbname=x", "host=h password=******** dbname=x"],
  ["host=h password = 'hun ter2\\'hunter2' dbname=x", "host=h password = ******** dbname=x"],
])("%s is shown as %s", (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
  expect(redactUrl(shown)).not.toMatch(/hunter|ter2/);
}); // prettier-ignore

test("secrets in the URLs of a sentence are masked", () => {
  const sentence = 'connect "redis://a:hunter2@h" or (ws://h/?k=hunter2), password=hunter2.';
  expect(redactText(sentence)).not.toContain("hunter2");
  expect(redactText("The port 1883 is taken.")).toBe("The port 1883 is taken.");
});

const SECRET_PATTERN = /hunter2/;

describe("a server with a secret in every setting that may contain one", () => {
  test("the server shows no secret in its log, its API or the dashboard", async () => {
    const broker = await startTestServer();
    const folder = await createTemporaryFolder();
    const file = path.join(folder, "history");
    await writeFile(file, "postgres://me:hunter2@127.0.0.1:9/x?password=hunter2&sslpassword=hunter2\n");
    const url = broker.websocketUrl!.replace("://", "://me:hunter2@");
    const program = startServerProgram(["--broker", `${url}?token=hunter2`, "--http-port", "0", "--data", folder], {
      NIGHTLIGHT_PASSWORD: "hunter2-other",
      NIGHTLIGHT_HISTORY_FILE: file,
    });
    const http = await eventually(() => /http:\/\/[\w.:]+/.exec(program.output.out)?.[0], { what: "its address" });
    await eventually(() => program.output.out.includes("history"), { what: "the history's error" });
    const paths = ["api/status", "metrics", "healthz", "readyz", "", "api/devices", "api/recent", "api/openapi.json", "api/sessions", "api/nothing"]; // prettier-ignore
    for (const one of paths) expect([one, await (await fetch(`${http}/${one}`)).text()]).toEqual([one, expect.not.stringMatching(SECRET_PATTERN)]); // prettier-ignore
    expect(await (await fetch(`${http}/api/status`)).text()).toContain("/mqtt?token=********");
    program.child.kill("SIGTERM");
    await program.waitForExit();
    expect(program.output.out).toMatch(/--broker has a password or token on the command line.*NIGHTLIGHT_BROKER.*--broker-file/); // prettier-ignore
    expect(program.output.out + program.output.err).not.toMatch(SECRET_PATTERN);
  });

  test("no secret appears in the error of a failed start or in the output of a subcommand", async () => {
    const folder = await createTemporaryFolder();
    const runs = await Promise.all([
      runNightlight(folder, "--state", "redis://:hunter2@127.0.0.1:9", "--broker", "mqtt://me:hunter2@127.0.0.1:9"),
      runNightlight(folder, "--broker", "me:hunter2@127.0.0.1:9"),
      runNightlight(folder, "config", "print", "--broker", "wss://me:hunter2@h/mqtt?token=hunter2", "--password", "hunter2", "--history", "postgres://h/d?password=hunter2", "--state", "redis://:hunter2@h"),
      runNightlight(folder, "sessions", "list", "--url", "me:hunter2@h"),
    ]); // prettier-ignore
    expect(runs.map(({ code }) => code)).toEqual([1, 2, 0, 2]);
    for (const { out, err } of runs) expect(out + err).not.toMatch(SECRET_PATTERN);
  });
});

test("the log of a failed login does not contain the user name, which may be a password", async () => {
  const lines: string[] = [];
  const log = createLog("json", { output: { write: (text) => lines.push(...text.trim().split("\n")) } });
  const data = await createTemporaryFolder();
  await addUsers(data, { boss: "admin" });
  const { brokerUrl, httpUrl } = await startTestServer({ log, data });
  await expect(connectClient(brokerUrl, { username: "hunter2", password: "boss" })).rejects.toThrow();
  await fetch(`${httpUrl}/api/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "hunter2", password: "boss" }),
  });
  await eventually(() => lines.filter((line) => line.includes("Refused")).length >= 2, {
    what: "two lines about failed logins",
  });
  expect(lines.join("\n")).not.toMatch(SECRET_PATTERN);
});

describe("a secret may be in a file", () => {
  async function fileWith(text: string): Promise<string> {
    const file = path.join(await createTemporaryFolder(), "secret");
    await writeFile(file, text);
    return file;
  }

  test("a variable with _FILE or a flag with -file names the file of a secret", async () => {
    const file = await fileWith("mqtt://me:hunter2@b\r\n");
    const password = await fileWith("hunter2");
    const env = { NIGHTLIGHT_BROKER_FILE: file, NIGHTLIGHT_PASSWORD_FILE: password };
    expect(loadConfig([], env).options).toMatchObject({ broker: "mqtt://me:hunter2@b", password: "hunter2" });
    expect(loadConfig([], env).warnings).toEqual([]);
    expect(loadConfig([], env).origin(["broker", "url"])).toBe("NIGHTLIGHT_BROKER_FILE");
    const state = await fileWith("redis://:hunter2@r");
    const flags = loadConfig(["--broker-file", file, "--state-file", state], { NIGHTLIGHT_BROKER: "mqtt://other" });
    expect(flags.options).toMatchObject({ broker: "mqtt://me:hunter2@b", state: "redis://:hunter2@r" });
    expect((await loadConfigText("broker: {url: 'mqtt://a'}", [], env)).options.broker).toBe("mqtt://me:hunter2@b");
  });

  test("a problem with the file is reported without the secret", async () => {
    const file = await fileWith("http://me:hunter2@b");
    expect(await findProblemsIn("", [], { NIGHTLIGHT_BROKER_FILE: file })).toEqual([
      expect.stringMatching(/^NIGHTLIGHT_BROKER_FILE is "http:\/\/me:\*+@b"; it must be the URL of an MQTT broker/),
    ]);
    expect(await findProblemsIn("", [], { NIGHTLIGHT_STATE_FILE: "/nowhere", NIGHTLIGHT_BROKER: "mqtt://b" })).toEqual([
      "NIGHTLIGHT_STATE_FILE names /nowhere, which cannot be read: there is no such file.",
    ]);
    expect(await findProblemsIn("", ["--password-file", await fileWith("\n")])).toEqual([
      expect.stringMatching(/^--password-file names .*, whose first line is empty\.$/),
    ]);
    const both = { NIGHTLIGHT_BROKER: "mqtt://b", NIGHTLIGHT_BROKER_FILE: file };
    expect(await findProblemsIn("", [], both)).toEqual(["NIGHTLIGHT_BROKER_FILE is there beside NIGHTLIGHT_BROKER; keep one."]); // prettier-ignore
  });

  test("a secret on the command line causes a warning that names the alternatives; a URL without a secret does not", () => {
    expect(loadConfig(["--password", "hunter2"]).warnings).toEqual([
      expect.stringMatching(/^--password has a password .*NIGHTLIGHT_PASSWORD, .*--password-file or NIGHTLIGHT_PASSWORD_FILE/),
    ]); // prettier-ignore
    expect(loadConfig(["--broker", "mqtt://b"]).warnings).toEqual([]);
  });
});

test("a variable with a misspelled name is reported with a suggestion; variables of other programs are ignored", () => {
  const env = { NIGHTLIGHT_HISTRY: "x", NIGHTLIGHT_PORT: "tcp://10.0.0.1:80", NIGHTLIGHT_SERVICE_HOST: "10.0.0.1", NIGHTLIGHT_TOKEN: "x" }; // prettier-ignore
  expect(loadConfig([], env).warnings).toEqual(["The variable NIGHTLIGHT_HISTRY is no setting; did you mean NIGHTLIGHT_HISTORY?"]); // prettier-ignore
});
