/** Tests that login sessions survive a restart of the server, and that the server can say why a session has ended. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { startServer, type NightlightServer } from "nightlight-server";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  LoginSessions,
  IDLE_TIMEOUT,
  MAX_LIFETIME,
  MAX_SESSIONS_PER_USER,
} from "../../server/src/security/login-sessions.js";
import type { LoginRecord, LoginStore } from "../../server/src/security/login-record.js";
import { hashGeneratedPassword } from "../../server/src/security/scrypt.js";
import { changePassword, changeRole, removeUser } from "../../server/src/security/user-changes.js";
import { COMMAND_WORDING } from "../../server/src/security/wording.js";
import { freePort } from "../support/free-port.js";
import { addUsers, passwordOf } from "./support/guarded.js";
import { ask, logIn, TestAccounts, createThreeAccounts } from "./support/http-app.js";
import { startServerProgram } from "./support/program.js";
import { createTemporaryFolder } from "./support/server.js";

/** Starts a server on a port. A restarted server needs the same port, because the cookie's name contains the port. */
async function startOnPort(data: string, httpPort: number): Promise<NightlightServer> {
  const server = await startServer({ data, mqttPort: 0, httpPort, history: false });
  onTestFinished(() => server.close());
  return server;
}

const sessionOf = async (url: string, cookie: string): Promise<Record<string, unknown>> =>
  (await ask(url, "/api/session", { headers: { cookie } })).json;

describe("after a restart of the server", () => {
  test("users are still logged in, and a session that was logged out is not valid again", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { ann: "admin", rob: "reader" });
    const port = await freePort();
    const first = await startOnPort(data, port);
    const url = first.httpUrl!;
    const ann = await logIn(url, "ann", passwordOf("ann"));
    const rob = await logIn(url, "rob", passwordOf("rob"));
    await ask(url, "/api/logout", { method: "POST", headers: { cookie: rob } });
    await first.close();
    const second = await startOnPort(data, port);
    expect(await sessionOf(second.httpUrl!, ann)).toEqual({ name: "ann", role: "admin", required: true });
    expect(await sessionOf(second.httpUrl!, rob)).toMatchObject({
      name: null,
      role: null,
      required: true,
      ended: "unknown",
    });
    expect((await ask(url, "/api/devices", { headers: { cookie: ann } })).status).toBe(200);
    expect((await ask(url, "/api/devices", { headers: { cookie: rob } })).status).toBe(401);
  });

  test("sessions of users who were changed meanwhile have ended, with the reason", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { password: "admin", role: "admin", removed: "admin", same: "admin" });
    const port = await freePort();
    const first = await startOnPort(data, port);
    const cookies = new Map<string, string>();
    for (const name of ["password", "role", "removed", "same"])
      cookies.set(name, await logIn(first.httpUrl!, name, passwordOf(name)));
    await first.close();
    await changePassword(data, "password", hashGeneratedPassword("another"));
    await changeRole(data, "role", { role: "reader" }, COMMAND_WORDING);
    await removeUser(data, "removed");
    const second = await startOnPort(data, port);
    for (const [reason, cookie] of cookies)
      expect((await sessionOf(second.httpUrl!, cookie)).ended).toBe(reason === "same" ? undefined : reason);
    await second.close();
    // the reasons survive further restarts
    const third = await startOnPort(data, port);
    expect((await sessionOf(third.httpUrl!, cookies.get("role")!)).ended).toBe("role");
  });
});

test("users stay logged in when the server is killed, by files that contain no session id and only the owner can read", async () => {
  const data = await createTemporaryFolder();
  await addUsers(data, { ann: "admin" });
  const flags = ["--data", data, "--mqtt-port", "0", "--http-port", String(await freePort())];
  const first = startServerProgram(flags);
  const { http } = await first.waitForAddresses();
  const cookie = await logIn(http, "ann", passwordOf("ann"));
  first.child.kill("SIGKILL");
  await first.waitForExit();
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    expect((await stat(file)).mode & 0o077, file).toBe(0);
    if (entry.isFile()) expect((await readFile(file)).includes(cookie.split("=")[1]), file).toBe(false);
  }
  const second = startServerProgram(flags);
  await second.waitForAddresses();
  expect(await sessionOf(http, cookie)).toMatchObject({ name: "ann" });
});

/** A store in memory that several LoginSessions use one after the other, as after restarts of the server. */
class MemoryStore implements LoginStore {
  readonly records = new Map<string, LoginRecord>();
  load = (): ReadonlyMap<string, unknown> => new Map(this.records);
  put = (hash: string, record: LoginRecord): void => void this.records.set(hash, structuredClone(record));
  delete = (hash: string): void => void this.records.delete(hash);
  whenStored = async (): Promise<void> => {};
}

describe("login sessions", () => {
  function setup(accounts: TestAccounts = createThreeAccounts()) {
    const clock = { time: 1_000_000, ahead: 0 };
    const store = new MemoryStore();
    const now = {
      now: () => clock.time,
      toWall: (time: number) => time + clock.ahead,
      fromWall: (time: number) => time - clock.ahead,
    };
    const openSessions = (): LoginSessions => new LoginSessions(accounts, { store, clock: now });
    return { clock, store, accounts, openSessions };
  }

  test("the time while the server was stopped counts as time without use", () => {
    const { clock, openSessions, accounts } = setup();
    const first = openSessions();
    const id = first.create(accounts.findByName("ann")!);
    first.storeTimes();
    clock.time += IDLE_TIMEOUT - 1;
    const second = openSessions();
    expect(second.touch(id)?.name).toBe("ann");
    second.storeTimes();
    clock.time += IDLE_TIMEOUT;
    const third = openSessions();
    expect(third.touch(id)).toBeUndefined();
    expect(third.endReasonOf(id)).toBe("idle");
  });

  test("a restart does not extend the lifetime, also when the wall clock was set back", () => {
    const { clock, openSessions, accounts } = setup();
    let sessions = openSessions();
    const id = sessions.create(accounts.findByName("ann")!);
    for (let hours = 0; hours < 7 * 24 - 1; hours += 6) {
      expect(sessions.touch(id)?.name).toBe("ann");
      sessions.storeTimes();
      sessions = openSessions();
      clock.time += IDLE_TIMEOUT / 2;
    }
    expect(sessions.touch(id)).toBeUndefined();
    expect(sessions.endReasonOf(id)).toBe("lifetime");

    const next = sessions.create(accounts.findByName("ann")!);
    clock.ahead -= MAX_LIFETIME;
    sessions = openSessions();
    expect(sessions.touch(next)?.name).toBe("ann");
    clock.time += IDLE_TIMEOUT;
    expect(sessions.touch(next)).toBeUndefined();
  });

  test("a login that displaces the oldest session tells that session why", () => {
    const { openSessions, accounts } = setup();
    const sessions = openSessions();
    const ids = Array.from({ length: MAX_SESSIONS_PER_USER + 1 }, () => sessions.create(accounts.findByName("ann")!));
    expect(ids.filter((id) => sessions.endReasonOf(id))).toEqual([ids[0]]);
    expect(sessions.endReasonOf(ids[0])).toBe("displaced");
    expect(sessions.endReasonOf("guess")).toBe("unknown");
  });

  test("the server forgets why a session ended after seven days, and remembers at most 1,000", () => {
    const { clock, openSessions, store, accounts } = setup();
    const sessions = openSessions();
    const ids = Array.from({ length: 1100 }, () => {
      const id = sessions.create(accounts.findByName("ann")!);
      sessions.endByPublicId(sessions.publicIdOf(id));
      return id;
    });
    expect(store.records.size).toBe(1000);
    expect(sessions.endReasonOf(ids[99])).toBe("unknown");
    expect(sessions.endReasonOf(ids[100])).toBe("administrator");
    clock.time += MAX_LIFETIME;
    expect(openSessions().endReasonOf(ids[1099])).toBe("unknown");
    expect(store.records.size).toBe(0);
  });

  test("damaged records are deleted, and the others are used", () => {
    const { openSessions, store, accounts } = setup();
    const id = openSessions().create(accounts.findByName("ann")!);
    for (const [n, damaged] of [null, 5, "x", [], {}, { name: "ann" }, { ended: "soon", at: 1 }].entries())
      store.records.set(`damaged${n}`, damaged as unknown as LoginRecord);
    expect(openSessions().touch(id)?.name).toBe("ann");
    expect(store.records.size).toBe(1);
  });
});
