/** Tests the API for users, tokens and login sessions at a running server. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { addUser, changePassword } from "../../server/src/security/user-changes.js";
import { hashPassword, hashGeneratedPassword } from "../../server/src/security/scrypt.js";
import { readUsers, usersFilePath } from "../../server/src/security/users-file.js";
import { COMMAND_WORDING } from "../../server/src/security/wording.js";
import { eventually } from "../support/eventually.js";
import { loginOf as credentials, passwordOf } from "./support/guarded.js";
import { ask, logIn } from "./support/http-app.js";
import { startAsAdministrator, PASSWORD, type Administrator } from "./support/people.js";
import { connectClient } from "./support/server.js";

const LIST_USERS = ["GET", "/api/users"] as const;
/** Every route for administrators, with a valid body. */
const ADMIN_ROUTES: readonly (readonly [method: string, route: string, body?: object])[] = [
  LIST_USERS,
  ["HEAD", "/api/users"],
  ["POST", "/api/users", { name: "eve", role: "admin" }],
  ["GET", "/api/users/boss"],
  ["PUT", "/api/users/boss", { role: "admin" }],
  ["DELETE", "/api/users/porch"],
  ["PUT", "/api/users/boss/password", {}],
  ["POST", "/api/users/boss/tokens", {}],
  ["DELETE", "/api/users/boss/tokens"],
  ["DELETE", "/api/users/boss/tokens/x"],
  ["GET", "/api/login-sessions"],
  ["DELETE", "/api/login-sessions/x"],
];

const createBasicAuth = (name: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${passwordOf(name)}`).toString("base64")}`,
});

test("readers, boards and strangers can neither see nor change accounts, and nothing changes", async () => {
  const running = await startAsAdministrator({ rob: "reader", porch: { device: "nightlight/porch" } });
  const before = await readFile(usersFilePath(running.data), "utf8");
  for (const [method, route, body] of ADMIN_ROUTES)
    for (const [headers, status] of [
      [{}, 401],
      [createBasicAuth("rob"), 403],
      [createBasicAuth("porch"), 403],
      [{ authorization: "Bearer nlt_guess" }, 401],
    ] as const) {
      const answer = await running.send(method, route, body, headers);
      expect(answer.status, `${method} ${route}`).toBe(status);
      expect(answer.text).not.toContain("boss");
    }
  expect((await running.send(...LIST_USERS, undefined, createBasicAuth("rob"))).json.error).toMatch(
    /only administrators/,
  );
  expect(await readFile(usersFilePath(running.data), "utf8")).toBe(before);
});

test("a page of another site cannot change accounts with the administrator's cookie", async () => {
  const { send, cookie } = await startAsAdministrator();
  const body = { name: "eve", role: "admin" };
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as Record<
    string,
    string
  >[])
    expect((await send("POST", "/api/users", body, { cookie, ...headers })).status).toBe(403);
  expect((await send("DELETE", "/api/users/boss", undefined, { cookie, origin: "https://evil.example" })).status).toBe(
    403,
  );
});

describe("an administrator", () => {
  test("adds a board's account, whose generated password is shown once and works at once", async () => {
    const { as, server, data, log } = await startAsAdministrator();
    const { status, json } = await as("POST", "/api/users", {
      ...{ name: "porch", role: "device", device: "nightlight/porch" },
    });
    expect({ status, json }).toEqual({
      status: 201,
      json: {
        ...{ name: "porch", role: "device", device: "nightlight/porch", tokens: [] },
        password: expect.stringMatching(/^[a-z][a-z2-9]{25}$/),
      },
    });
    const password = String(json.password);
    await connectClient(server.brokerUrl, { username: "porch", password });
    expect((await as(...LIST_USERS)).text).not.toContain(password);
    expect(await readFile(usersFilePath(data), "utf8")).not.toContain(password);
    expect(JSON.stringify(log.lines)).not.toContain(password);
    expect(log.lines.at(-1)).toMatchObject({ text: "boss added the user porch with the role device." });
  });

  test("adds a reader with a chosen password, who can log in", async () => {
    const { as, url } = await startAsAdministrator();
    const added = await as("POST", "/api/users", { name: "rob", role: "reader", password: PASSWORD });
    expect(added).toMatchObject({ status: 201, json: { password: null } });
    expect(added.text).not.toContain(PASSWORD);
    await logIn(url, "rob", PASSWORD);
  });

  test.each([
    [{ name: "a b", role: "reader" }, 400, /"a b" cannot be a user name: it begins with a letter or digit/],
    [{ name: "../x", role: "reader" }, 400, /cannot be a user name/],
    [{ name: "ann", role: "owner" }, 400, /"role" must be one of admin, reader, device/],
    [{ name: "ann" }, 400, /"role" is missing/],
    [{ name: 5, role: "reader" }, 400, /"name" must be a/],
    [{ name: "ann", role: "device" }, 400, /needs the device id/],
    [{ name: "ann", role: "reader", device: "nightlight/ann" }, 400, /only a user with the role "device"/],
    [{ name: "ann", role: "device", device: "a/#" }, 400, /The device id "a\/#" is not allowed: an id cannot contain/],
    [{ name: "ann", role: "device", device: "nightlight" }, 400, /server's own/],
    [{ name: "ann", role: "device", device: "house" }, 409, /house\/status is the server status for house\/porch/],
    [{ name: "ann", role: "reader", password: "nightlight1" }, 400, /easy to guess: .*leave it out to have one/],
    [{ name: "ann", role: "reader", password: "short" }, 400, /has 5 characters; it must have at least 8/],
    [{ name: "boss", role: "reader" }, 409, /The user boss exists already/],
    [[], 400, /No user was added: /],
  ])("gets the reason why %j is refused", async (body, status, error) => {
    const { as, data } = await startAsAdministrator({ porch: { device: "house/porch" } });
    expect(await as("POST", "/api/users", body)).toMatchObject({ status, json: { error } });
    expect([...(await readUsers(data)).keys()]).toEqual(["boss", "porch"]);
  });

  test("changes a password, which ends the sessions, tokens and connections of the user but not the own session", async () => {
    const { as, send, url, server, log } = await startAsAdministrator({ ann: "admin" });
    const cookie = await logIn(url, "ann", passwordOf("ann"));
    const { token } = (await as("POST", "/api/users/ann/tokens", {})).json;
    const board = await connectClient(server.brokerUrl, credentials("ann"));
    const { json } = await as("PUT", "/api/users/ann/password", {});
    expect(json).toEqual({ password: expect.stringMatching(/^\w{26}$/), tokens_revoked: 1 });
    expect((await send(...LIST_USERS, undefined, { cookie })).status).toBe(401);
    expect((await send("GET", "/api/session", undefined, { cookie })).json.ended).toBe("password");
    expect((await send(...LIST_USERS, undefined, { authorization: `Bearer ${String(token)}` })).status).toBe(401);
    await eventually(() => !board.connected, { what: "the end of the connection" });
    await logIn(url, "ann", String(json.password));
    expect(JSON.stringify(log.lines)).not.toContain(String(json.password));

    const own = await as("PUT", "/api/users/boss/password", { password: PASSWORD });
    expect(own).toMatchObject({ status: 200, json: { password: null } });
    const next = own.headers["set-cookie"]![0].split(";", 1)[0];
    expect((await as(...LIST_USERS)).status).toBe(401);
    expect((await send(...LIST_USERS, undefined, { cookie: next })).status).toBe(200);
  });

  test("changes a role, which ends the user's sessions and takes effect at once", async () => {
    const { as, send, url } = await startAsAdministrator({ ann: "admin" });
    const cookie = await logIn(url, "ann", passwordOf("ann"));
    expect((await as("PUT", "/api/users/ann", { role: "reader" })).json).toMatchObject({ role: "reader" });
    expect((await send("GET", "/api/session", undefined, { cookie })).json).toMatchObject({
      name: null,
      ended: "role",
    });
    const again = await logIn(url, "ann", passwordOf("ann"));
    expect((await send(...LIST_USERS, undefined, { cookie: again })).status).toBe(403);
    await as("POST", "/api/users/ann/tokens", {});
    const device = { role: "device", device: "nightlight/ann" };
    expect((await as("PUT", "/api/users/ann", device)).json).toEqual({ name: "ann", ...device, tokens: [] });
  });

  test("removes a user, whose session and connection end", async () => {
    const { as, send, url, server } = await startAsAdministrator({ ann: "reader" });
    const cookie = await logIn(url, "ann", passwordOf("ann"));
    const board = await connectClient(server.brokerUrl, credentials("ann"));
    expect(await as("DELETE", "/api/users/ann")).toMatchObject({ status: 204, text: "" });
    expect((await send("GET", "/api/session", undefined, { cookie })).json).toMatchObject({ ended: "removed" });
    await eventually(() => !board.connected, { what: "the end of the connection" });
    expect((await as("DELETE", "/api/users/ann")).json.error).toMatch(/There is no user ann; there are: boss/);
  });

  test("cannot be removed or lose the role as the last one, but can with another administrator", async () => {
    const { as } = await startAsAdministrator({ rob: "reader", porch: { device: "nightlight/porch" } });
    const last = { status: 409, json: { error: /boss is the last administrator and cannot .*add another/ } };
    expect(await as("DELETE", "/api/users/boss")).toMatchObject(last);
    expect(await as("PUT", "/api/users/boss", { role: "reader" })).toMatchObject(last);
    expect(await as("PUT", "/api/users/boss", { role: "device", device: "nightlight/boss" })).toMatchObject(last);
    await as("PUT", "/api/users/rob", { role: "admin" });
    expect((await as("DELETE", "/api/users/boss")).status).toBe(204);
    expect((await as(...LIST_USERS)).status).toBe(401);
  });

  test("makes a token that is shown once, lists it with its last use, and revokes it", async () => {
    const { as, send, data } = await startAsAdministrator();
    const made = await as("POST", "/api/users/boss/tokens", { expires: "90d" });
    expect(made.status).toBe(201);
    const { token, id } = made.json as { token: string; id: string };
    const headers = { authorization: `Bearer ${token}` };
    expect((await send(...LIST_USERS, undefined, headers)).status).toBe(200);
    const listed = await as("GET", "/api/users/boss");
    expect(listed.json.tokens).toEqual([
      {
        ...{ id, made: expect.any(String), expires: expect.any(String), expired: false },
        last_used: expect.stringMatching(/:00\.000Z$/),
      },
    ]);
    expect(listed.text + (await readFile(usersFilePath(data), "utf8"))).not.toContain(token);
    expect((await as("DELETE", `/api/users/boss/tokens/${id}`)).status).toBe(204);
    expect(await send(...LIST_USERS, undefined, headers)).toMatchObject({ status: 401, json: { error: /not valid/ } });
  });

  test.each([
    ["soon", /The expiry is "soon"; it must be a time such as 90d/],
    ["2020-01-01", /not in the future/],
    ["2027-02-30", /must be a time/],
  ])("cannot make a token that expires %s", async (expires, error) => {
    const { as } = await startAsAdministrator();
    expect(await as("POST", "/api/users/boss/tokens", { expires })).toMatchObject({ status: 400, json: { error } });
  });

  test("sees the login sessions, and ends one, which tells its browser", async () => {
    const { as, url, send } = await startAsAdministrator({ rob: "reader" });
    const login = await ask(url, "/api/login", {
      ...{ method: "POST", body: { name: "rob", password: passwordOf("rob") } },
      headers: { "user-agent": "A browser" },
    });
    const cookie = login.headers["set-cookie"]![0].split(";", 1)[0];
    const sessions = (await as("GET", "/api/login-sessions")).json as unknown as Record<string, unknown>[];
    expect(sessions).toEqual([
      expect.objectContaining({ name: "boss", current: true }),
      expect.objectContaining({ name: "rob", current: false, address: "127.0.0.1", browser: "A browser" }),
    ]);
    const id = String(sessions[1].id);
    expect(cookie).not.toContain(id);
    expect((await as("DELETE", `/api/login-sessions/${id}`)).status).toBe(204);
    expect((await as("DELETE", `/api/login-sessions/${id}`)).status).toBe(404);
    expect((await send("GET", "/api/devices", undefined, { cookie })).status).toBe(401);
    expect((await send("GET", "/api/session", undefined, { cookie })).json.ended).toBe("administrator");
    expect((await as(...LIST_USERS)).status).toBe(200);
  });
});

test("changes over HTTP and by commands at the same time are all kept, and each is complete", async () => {
  const { as, data, url } = await startAsAdministrator();
  const stored = hashGeneratedPassword("x");
  const names = Array.from({ length: 8 }, (_, n) => n);
  const answers = await Promise.all(
    names.flatMap((n) => [
      as("POST", "/api/users", { name: `page${n}`, role: "reader" }).then(({ status }) => status),
      addUser(data, { name: `command${n}`, role: "reader", password: stored }, COMMAND_WORDING).then(() => 201),
    ]),
  );
  expect(new Set(answers)).toEqual(new Set([201]));
  const expected = ["boss", ...names.flatMap((n) => [`command${n}`, `page${n}`])].sort();
  expect([...(await readUsers(data)).keys()].sort()).toEqual(expected);
  const listedUsers = (await as(...LIST_USERS)).json as unknown as { name: string }[];
  expect(listedUsers.map(({ name }) => name)).toEqual(expected);
  // a change over HTTP also applies changes that commands have made to the users file, without waiting until the server
  // checks the file again
  await changePassword(data, "command0", await hashPassword(PASSWORD));
  await as("POST", "/api/users", { name: "last", role: "reader" });
  await logIn(url, "command0", PASSWORD);
});

test("an API token of an administrator may manage accounts", async () => {
  const running: Administrator = await startAsAdministrator();
  const { token } = (await running.as("POST", "/api/users/boss/tokens", {})).json;
  const headers = { authorization: `Bearer ${String(token)}` };
  expect((await running.send("POST", "/api/users", { name: "rob", role: "reader" }, headers)).status).toBe(201);
});
