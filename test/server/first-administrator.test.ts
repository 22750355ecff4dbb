/** Tests how the first administrator is created over HTTP with a one-time code from the log. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LoginThrottle } from "../../server/src/security/login-throttle.js";
import { MAX_WRONG_CODES, SetupCode } from "../../server/src/security/setup-code.js";
import { removeUser } from "../../server/src/security/user-changes.js";
import { readUsers } from "../../server/src/security/users-file.js";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf } from "./support/guarded.js";
import { type Answer } from "./support/http-app.js";
import { startAsAdministrator, PASSWORD, startPeopleServer, type PeopleServer } from "./support/people.js";
import { connectClient, createTemporaryFolder } from "./support/server.js";

const createAdministrator = (
  { send }: PeopleServer,
  code: string,
  name = "ann",
  password = PASSWORD,
): Promise<Answer> => send("POST", "/api/first-administrator", { code, name, password });

describe("on a server without accounts", () => {
  test("everybody on this machine has access, and the code from the log creates the first administrator", async () => {
    const running = await startPeopleServer();
    expect((await running.send("GET", "/api/devices")).status).toBe(200);
    expect((await running.send("GET", "/api/session")).json).toEqual({
      ...{ name: null, role: null, required: false },
      first_administrator_missing: true,
    });
    const [code, ...others] = running.codes();
    expect(others).toEqual([]);
    const answer = await createAdministrator(running, code.toUpperCase().replaceAll("-", " "));
    expect(answer).toMatchObject({ status: 201, json: { name: "ann", role: "admin", required: true } });
    const cookie = answer.headers["set-cookie"]![0].split(";", 1)[0];
    expect((await running.send("GET", "/api/devices")).status).toBe(401);
    expect((await running.send("GET", "/api/devices", undefined, { cookie })).status).toBe(200);
    expect((await running.send("GET", "/api/session", undefined, { cookie })).json).toEqual({
      ...{ name: "ann", role: "admin", required: true },
    });
    expect((await readUsers(running.data)).get("ann")).toMatchObject({ role: "admin" });
    await expect(connectClient(running.server.brokerUrl)).rejects.toMatchObject({ code: 5 });
    await connectClient(running.server.brokerUrl, { username: "ann", password: PASSWORD });
  });

  test("the code works once, and after it nobody can create another administrator with it", async () => {
    const running = await startPeopleServer();
    const [code] = running.codes();
    const answers = await Promise.all(["ann", "bob", "eve"].map((name) => createAdministrator(running, code, name)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect((await readUsers(running.data)).size).toBe(1);
    expect(await createAdministrator(running, code, "zoe")).toMatchObject({
      status: 409,
      json: { error: /account already/ },
    });
  });

  test.each([
    ["eve", "password", /easy to guess.* Choose another, such as some unrelated words\./],
    ["eve", "", /empty/],
    ["eve", "short", /at least 8/],
    ["eve", "x".repeat(257), /at most 256/],
    ["e v e", PASSWORD, /cannot be a user name/],
  ])("the name %j with the password %j is refused with the reason, and the code stays valid", async (...given) => {
    const [name, password, reason] = given;
    const running = await startPeopleServer();
    const [code] = running.codes();
    expect(await createAdministrator(running, code, name, password)).toMatchObject({
      status: 400,
      json: { error: reason },
    });
    expect((await createAdministrator(running, code)).status).toBe(201);
  });

  test("wrong codes are throttled like wrong passwords, and count together with them", async () => {
    const running = await startPeopleServer();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => createAdministrator(running, `wrong-${n}`)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(8);
    const throttled = answers.find(({ status }) => status === 429)!;
    expect(throttled.json.error).toMatch(/too many wrong codes; try again in \d+ s/);
    expect(Number(throttled.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("no other request needs or accepts the code, and no account can be added without it", async () => {
    const running = await startPeopleServer();
    expect((await running.send("GET", "/api/users")).json).toEqual([]);
    for (const [method, route, body] of [
      ["POST", "/api/users", { name: "eve", role: "admin", password: PASSWORD }],
      ["PUT", "/api/users/eve/password", { password: PASSWORD }],
      ["PUT", "/api/users/eve", { role: "admin" }],
      ["DELETE", "/api/users/eve", undefined],
      ["POST", "/api/users/eve/tokens", {}],
    ] as const)
      expect(await running.send(method, route, body)).toMatchObject({ status: 409, json: { error: /Nobody has an/ } });
    expect((await readUsers(running.data)).size).toBe(0);
  });

  test("an account that a command adds makes the code useless, and removing the last one shows another code", async () => {
    const running = await startPeopleServer();
    const [code] = running.codes();
    await addUsers(running.data, { bob: "admin" });
    await eventually(async () => (await running.send("GET", "/api/session")).json.required, { what: "the account" });
    expect((await createAdministrator(running, code)).status).toBe(409);
    await removeUser(running.data, "bob");
    await eventually(() => running.codes().length === 2, { what: "another code" });
    expect((await createAdministrator(running, code)).status).toBe(401);
    expect((await running.send("GET", "/api/devices")).status).toBe(401);
    expect((await createAdministrator(running, running.codes()[1])).status).toBe(201);
  });

  test("the code is in no file of the data folder and in no answer", async () => {
    const running = await startPeopleServer();
    const [code] = running.codes();
    for (const route of ["/api/status", "/api/session", "/api/users", "/metrics", "/healthz", "/login", "/"])
      expect((await running.send("GET", route)).text).not.toContain(code);
    await running.server.close();
    const names = await readdir(running.data, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const file of files)
      expect((await readFile(path.join(file.parentPath, file.name))).includes(code), file.name).toBe(false);
    expect(running.log.lines.filter(({ text }) => text.includes(code))).toHaveLength(1);
    expect(JSON.stringify(running.log.lines.map(({ fields }) => fields))).not.toContain(code);
  });

  test("each start makes another code", async () => {
    const data = await createTemporaryFolder();
    const first = await startPeopleServer({ data });
    await first.server.close();
    const second = await startPeopleServer({ data });
    expect(second.codes()[0]).not.toBe(first.codes()[0]);
    expect((await createAdministrator(second, first.codes()[0])).status).toBe(401);
  });

  test("a server with accounts logs no code, and one with --anonymous neither", async () => {
    expect((await startAsAdministrator()).codes()).toEqual([]);
    const anonymous = await startPeopleServer({ anonymous: true });
    expect(anonymous.codes()).toEqual([]);
    expect((await createAdministrator(anonymous, "x")).json.error).toMatch(/runs with --anonymous/);
    expect((await anonymous.send("GET", "/api/session")).json).not.toHaveProperty("first_administrator_missing");
  });
});

test.each([{ host: "0.0.0.0" }, { httpNames: ["lights.example.org"] }])(
  "a server that others can reach (%o) lets nobody in until the first administrator exists",
  async (options) => {
    const running = await startPeopleServer(options);
    expect((await running.send("GET", "/api/devices")).status).toBe(401);
    expect((await running.send("GET", "/api/users")).status).toBe(401);
    const mqtt = running.server.brokerUrl.replace(/\/\/[^:]+:/, "//127.0.0.1:");
    await expect(connectClient(mqtt)).rejects.toMatchObject({ code: 5 });
    const warning = running.log.lines.find(({ text }) => text.includes("one-time code"));
    expect(warning).toMatchObject({ level: "warn", text: expect.stringContaining("nobody can use this server") });
    expect((await createAdministrator(running, running.codes()[0], "me")).status).toBe(201);
    await connectClient(mqtt, { username: "me", password: PASSWORD });
    await addUsers(running.data, { porch: { device: "nightlight/porch" } });
    await eventually(() => connectClient(mqtt, loginOf("porch")).then(() => true, () => false), { what: "the board" }); // prettier-ignore
  },
);

describe("a one-time code", () => {
  function createSetup() {
    const time = { now: 0 };
    const shown: string[] = [];
    const code = new SetupCode(new LoginThrottle(() => time.now), (text) => shown.push(text));
    onTestFinished(() => code.revoke());
    return { time, shown, code };
  }

  test("there is no code before the first and after the last issue", () => {
    const { code, shown } = createSetup();
    expect(code.checkCode("1.2.3.4", "")).toEqual({ right: false });
    code.issue();
    code.issue();
    expect(shown).toHaveLength(1);
    expect(code.checkCode("1.2.3.4", shown[0])).toEqual({ right: true });
    code.revoke();
    expect(code.checkCode("1.2.3.4", shown[0])).toEqual({ right: false });
  });

  test("ten wrong codes, however slow and from wherever, replace the code", () => {
    const { time, code, shown } = createSetup();
    code.issue();
    for (let n = 0; n < MAX_WRONG_CODES; n++) {
      expect(shown).toHaveLength(1);
      time.now += 60 * 60_000;
      expect(code.checkCode(`1.2.3.${n}`, "wrong")).toEqual({ right: false });
    }
    expect(shown).toHaveLength(2);
    time.now += 60 * 60_000;
    expect(code.checkCode("1.2.3.4", shown[0])).toEqual({ right: false });
    time.now += 60 * 60_000;
    expect(code.checkCode("1.2.3.4", shown[1])).toEqual({ right: true });
  });

  test("codes differ, and have 59 random bits without characters that look alike", () => {
    const { code, shown } = createSetup();
    for (let n = 0; n < 200; n++) {
      code.issue();
      code.revoke();
    }
    expect(new Set(shown).size).toBe(200);
    for (const text of shown) expect(text).toMatch(/^([2-9a-hjkmnp-z]{4}-){2}[2-9a-hjkmnp-z]{4}$/);
  });
});
