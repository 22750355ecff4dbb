/** Tests the accounts in users.json: slow password checks, and reloading while the server runs. */
import crypto from "node:crypto";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { silentLog, type Log } from "../../server/src/observability/log.js";
import { BusyError } from "../../server/src/security/accounts.js";
import {
  sha256Of,
  generatePassword,
  generateToken,
  hashPassword,
  hashGeneratedPassword,
} from "../../server/src/security/scrypt.js";
import { FairQueue } from "../../server/src/security/fair-queue.js";
import { changeUsers, readUsers, usersFilePath, type StoredUser } from "../../server/src/security/users-file.js";
import { openAccounts, type FileAccounts } from "../../server/src/security/users.js";
import { eventually } from "../support/eventually.js";
import { addUsers, passwordOf } from "./support/guarded.js";
import { createTemporaryFolder } from "./support/server.js";

/** Password of all test users. The tests share its hash, because hashing takes a quarter of a second. */
const CHOSEN_PASSWORD = "correct horse";
const passwordHash = hashPassword(CHOSEN_PASSWORD);

async function openTestAccounts(
  folder: string,
  options: { log?: Log; required?: boolean } = {},
): Promise<FileAccounts> {
  const opened = await openAccounts(folder, options.log ?? silentLog, {
    checkInterval: 20,
    isLoginRequired: options.required,
  });
  onTestFinished(() => opened.close());
  return opened;
}

async function createFolderWithUsers(users: Record<string, Partial<StoredUser>>): Promise<string> {
  const folder = await createTemporaryFolder();
  const password = await passwordHash;
  await changeUsers(folder, (stored) => {
    for (const [name, user] of Object.entries(users))
      stored.set(name, { role: "admin", password, tokens: [], ...user });
  });
  return folder;
}

/** Runs `work` and returns the parameters of each scrypt call, which determine the duration of a password check. */
async function recordScryptCalls(work: () => Promise<unknown>): Promise<unknown[]> {
  const spy = vi.spyOn(crypto, "scrypt");
  syncBuiltinESMExports();
  try {
    await work();
    return spy.mock.calls.map(([, , , parameters]) => parameters);
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
}

describe("a password", () => {
  test("a password authenticates its user and nobody else", async () => {
    const { authenticate: authenticate } = await openTestAccounts(
      await createFolderWithUsers({ ann: {}, porch: { role: "device", device: "porch" } }),
    );
    expect(await authenticate("ann", CHOSEN_PASSWORD)).toEqual({ name: "ann", role: "admin" });
    expect(await authenticate("porch", CHOSEN_PASSWORD)).toEqual({ name: "porch", role: "device", device: "porch" });
    expect(await authenticate("ann", "Correct horse")).toBeUndefined();
    expect(await authenticate("Ann", CHOSEN_PASSWORD)).toBeUndefined();
    expect(await authenticate("ann", "")).toBeUndefined();
    expect(await authenticate("nobody", CHOSEN_PASSWORD)).toBeUndefined();
    expect(await authenticate("ann", "x".repeat(100_000))).toBeUndefined();
  });

  test("a password that is wrong takes the same time for existing and unknown names, and for both kinds of passwords", async () => {
    const { authenticate: authenticate } = await openTestAccounts(
      await createFolderWithUsers({ ann: {}, made: { password: hashGeneratedPassword("x") } }),
    );
    for (const name of ["ann", "made", "nobody"])
      for (const password of ["wrong", ""])
        // each check makes one scrypt call, with the parameters that OWASP recommends
        expect(await recordScryptCalls(() => authenticate(name, password)), name).toMatchObject([
          { N: 2 ** 15, r: 8, p: 3 },
        ]);
  });

  test("a password that was right before is accepted without a hash, until it is changed", async () => {
    const folder = await createFolderWithUsers({ ann: {} });
    const { authenticate: authenticate } = await openTestAccounts(folder);
    expect(await recordScryptCalls(() => authenticate("ann", CHOSEN_PASSWORD))).toHaveLength(1);
    expect(
      await recordScryptCalls(async () => expect(await authenticate("ann", CHOSEN_PASSWORD)).toBeDefined()),
    ).toEqual([]);
    await addUsers(folder, { ann: "admin" });
    await eventually(() => authenticate("ann", passwordOf("ann")), { what: "the new password" });
    expect(await authenticate("ann", CHOSEN_PASSWORD)).toBeUndefined();
  });

  test("a generated password is checked fast, so that a thousand boards can reconnect at once", async () => {
    const passwords = new Map(Array.from({ length: 1000 }, (_, n) => [`board-${n}`, generatePassword()]));
    const folder = await createTemporaryFolder();
    await changeUsers(folder, (users) => {
      for (const [name, password] of passwords)
        users.set(name, { role: "device", device: name, password: hashGeneratedPassword(password), tokens: [] });
    });
    const { authenticate: authenticate } = await openTestAccounts(folder);
    const cost = await recordScryptCalls(async () => {
      const found = await Promise.all(Array.from(passwords, ([name, password]) => authenticate(name, password)));
      expect(found.every((account) => account !== undefined)).toBe(true);
    });
    expect(cost).toEqual([]);
  });

  test("a generated password begins with a letter and is unique", () => {
    const made = new Set(Array.from({ length: 1000 }, generatePassword));
    expect(made.size).toBe(1000);
    for (const password of made) expect(password).toMatch(/^[a-z][a-z2-9]{25}$/);
  });

  test("a password is salted: two users with the same password have different hashes", async () => {
    const folder = await createTemporaryFolder();
    for (const name of ["ann", "bob"]) {
      const password = await hashPassword(CHOSEN_PASSWORD);
      await changeUsers(folder, (users) => users.set(name, { role: "admin", password, tokens: [] }));
    }
    const text = await readFile(usersFilePath(folder), "utf8");
    expect(text).not.toContain(CHOSEN_PASSWORD);
    const [ann, bob] = [...(await readUsers(folder)).values()].map(({ password }) => password);
    expect(ann).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(ann).not.toBe(bob);
  });
});

test("an existing weak password stays valid, and the log asks once for another one", async () => {
  const lines: string[] = [];
  const folder = await createFolderWithUsers({ ann: { password: await hashPassword("12345678") }, bob: {} });
  const { authenticate: authenticate } = await openTestAccounts(folder, {
    log: { ...silentLog, warn: (_event, text) => void lines.push(text) },
  });
  expect(await authenticate("bob", CHOSEN_PASSWORD)).toBeDefined();
  expect(await authenticate("ann", "87654321")).toBeUndefined();
  expect(lines).toEqual([]);
  for (let n = 0; n < 3; n++) expect(await authenticate("ann", "12345678")).toBeDefined();
  expect(lines).toEqual([
    "The password of ann, who logged in, is easy to guess; change it with npm run server -- user password ann.",
  ]);
});

test("a client that tries many passwords delays only itself: clients take turns", async () => {
  const queue = new FairQueue(1, 100);
  const order: string[] = [];
  const recordTurn = (who: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push(who);
  };
  const crowd = Array.from({ length: 50 }, () => queue.run("attacker", recordTurn("attacker")));
  await Promise.all([queue.run("ann", recordTurn("ann")), queue.run("bob", recordTurn("bob"))]);
  expect(order.length).toBeLessThanOrEqual(5);
  await Promise.all(crowd);
});

test("when too many checks wait, the client with most checks is refused", async () => {
  const queue = new FairQueue(1, 10);
  const resolveDone = () => new Promise<string>((resolve) => setImmediate(() => resolve("done")));
  const crowd = Array.from({ length: 30 }, () => queue.run("attacker", resolveDone).catch((error: unknown) => error));
  const ann = queue.run("ann", resolveDone);
  expect(await ann).toBe("done");
  const ends = await Promise.all(crowd);
  expect(ends.filter((end) => end === "done")).toHaveLength(10);
  expect(ends.filter((end) => end instanceof BusyError)).toHaveLength(20);
  expect(await queue.run("attacker", resolveDone)).toBe("done");
});

test("a token authenticates its user, and is stored as a hash", async () => {
  const token = generateToken();
  const folder = await createFolderWithUsers({
    ann: { role: "reader", tokens: [{ hash: sha256Of(token), made: "2026-11-01T00:00:00.000Z" }] },
  });
  const { authenticateToken: authenticateToken, findByName: findByName } = await openTestAccounts(folder);
  expect(authenticateToken(token)).toEqual({ name: "ann", role: "reader" });
  expect(authenticateToken(token)).toBe(findByName("ann"));
  expect(authenticateToken(sha256Of(token))).toBeUndefined();
  expect(authenticateToken("")).toBeUndefined();
  expect(await readFile(usersFilePath(folder), "utf8")).not.toContain(token);
});

describe("the users file", () => {
  test.skipIf(process.platform === "win32")(
    "the users file is readable only for its owner, and the server warns otherwise",
    async () => {
      const folder = await createFolderWithUsers({ ann: {} });
      expect((await stat(usersFilePath(folder))).mode & 0o777).toBe(0o600);
      await chmod(usersFilePath(folder), 0o644);
      const lines: string[] = [];
      await openTestAccounts(folder, { log: { ...silentLog, warn: (_event, text) => void lines.push(text) } });
      expect(lines.join()).toMatch(/Other users of this machine can read .*chmod 600/);
    },
  );

  test("the users file is changed atomically: concurrent commands lose no user and leave no other file", async () => {
    const folder = await createTemporaryFolder();
    const names = Array.from({ length: 20 }, (_, n) => `user-${n}`);
    await Promise.all(names.map((name) => addUsers(folder, { [name]: "reader" })));
    expect([...(await readUsers(folder)).keys()].toSorted()).toEqual(names.toSorted());
    expect(await readdir(folder)).toEqual(["users.json"]);
  });

  test("the users file stays unchanged when a change fails", async () => {
    const folder = await createFolderWithUsers({ ann: {} });
    const before = await readFile(usersFilePath(folder), "utf8");
    const change = changeUsers(folder, (users) => {
      users.clear();
      throw new Error("no");
    });
    await expect(change).rejects.toThrow("no");
    expect(await readFile(usersFilePath(folder), "utf8")).toBe(before);
    expect(await readdir(folder)).toEqual(["users.json"]);
  });

  test.each<[what: string, text: string, problem: RegExp]>([
    ["no JSON", '{"version":1,', /users\.json are damaged \(.*JSON.*\).*npm run server -- user add/],
    ["nothing", "", /damaged/],
    ["of another version", '{"version":2,"users":{}}', /damaged \(version/],
    ["with a field that nobody knows", '{"version":1,"users":{},"x":1}', /damaged/],
    ["with a password in clear", '{"version":1,"users":{"ann":{"role":"admin","password":"secret"}}}', /ann\.password/],
    ["with a role that there is not", '{"version":1,"users":{"ann":{"role":"king","password":"x"}}}', /ann\.role/],
    [
      "with a device that has none",
      `{"version":1,"users":{"ann":{"role":"device","password":"$sha256$${"x".repeat(43)}"}}}`,
      /ann: a device/,
    ],
    [
      "whose hash would take a gigabyte to check",
      `{"version":1,"users":{"ann":{"role":"admin","password":"$scrypt$ln=24,r=8,p=1$${"x".repeat(22)}$${"x".repeat(43)}"}}}`,
      /ann\.password/,
    ],
  ])(
    "a damaged users file (%s) prevents a start, and no login succeeds while a server runs",
    async (_what, text, problem) => {
      const folder = await createFolderWithUsers({ ann: {} });
      const lines: string[] = [];
      const log = { ...silentLog, error: (_event: string, text: string) => void lines.push(text) };
      const running = await openTestAccounts(folder, { log });
      await writeFile(usersFilePath(folder), text);
      await eventually(() => lines.length > 0, { what: "the complaint" });
      expect(lines[0]).toMatch(problem);
      expect(lines[0]).toMatch(/The previous users stay in effect\.$/);
      expect(running.isLoginRequired).toBe(true);
      expect(running.findByName("ann")).toBeDefined();
      await expect(openAccounts(folder, silentLog)).rejects.toThrow(problem);
      await expect(changeUsers(folder, () => {})).rejects.toThrow(problem);
    },
  );

  test("the users file accepts user names such as constructor, which are properties of JavaScript objects", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, Object.fromEntries([["constructor", "reader" as const]]));
    const { findByName: findByName } = await openTestAccounts(folder);
    expect(findByName("constructor")).toEqual({ name: "constructor", role: "reader" });
    expect(findByName("toString")).toBeUndefined();
  });
});

describe("accounts are required", () => {
  test("a login is required after the first user is added, until the server stops, even when the file is deleted", async () => {
    const folder = await createTemporaryFolder();
    const opened = await openTestAccounts(folder);
    expect(opened.isLoginRequired).toBe(false);
    await addUsers(folder, { ann: "admin" });
    await eventually(() => opened.isLoginRequired, { what: "the first user" });
    await rm(usersFilePath(folder));
    await eventually(() => opened.findByName("ann") === undefined, { what: "the file to be missed" });
    expect(opened.isLoginRequired).toBe(true);
  });

  test("the option makes accounts always or never required", async () => {
    const folder = await createTemporaryFolder();
    expect((await openTestAccounts(folder, { required: true })).isLoginRequired).toBe(true);
    await addUsers(folder, { ann: "admin" });
    expect((await openTestAccounts(folder, { required: false })).isLoginRequired).toBe(false);
  });
});
