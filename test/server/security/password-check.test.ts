/** Tests the throttled password check, which HTTP and MQTT share. */
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLog, type Log } from "../../../server/src/observability/log.js";
import { BusyError, type Accounts } from "../../../server/src/security/accounts.js";
import { withGuests } from "../../../server/src/security/guests.js";
import { LoginThrottle } from "../../../server/src/security/login-throttle.js";
import { withFailureLog, createPasswordCheck } from "../../../server/src/security/password-check.js";
import { generatePassword, hashPassword, hashGeneratedPassword } from "../../../server/src/security/scrypt.js";
import { openAccounts } from "../../../server/src/security/users.js";
import { changeUsers } from "../../../server/src/security/users-file.js";
import { ask, startHttpApp, createThreeAccounts } from "../support/http-app.js";
import { createTemporaryFolder } from "../support/server.js";

/** Creates a password check for these accounts with a stopped clock. */
function createThrottledCheck<T extends Accounts>(accounts: T) {
  return { accounts, check: createPasswordCheck(accounts, new LoginThrottle(() => 0)) };
}

/** Creates accounts in a file: `chosen` with the password "chosen password", and `made` with a generated one. */
async function createFileAccounts() {
  const folder = await createTemporaryFolder();
  const generated = generatePassword();
  const chosen = await hashPassword("chosen password");
  await changeUsers(folder, (users) => {
    users.set("chosen", { role: "admin", password: chosen, tokens: [] });
    users.set("made", { role: "device", device: "porch", password: hashGeneratedPassword(generated), tokens: [] });
  });
  const accounts = await openAccounts(folder, silentLog);
  onTestFinished(() => accounts.close());
  return { accounts, generated };
}

describe("a generated password", () => {
  test("a generated password logs in at once after any failures; a chosen one waits, even if it was right before", async () => {
    const { accounts, generated } = await createFileAccounts();
    const { check } = createThrottledCheck(accounts);
    const board = { account: { name: "made", role: "device", device: "porch" } };
    const person = { account: { name: "chosen", role: "admin" } };
    expect(await check("192.0.2.2", "chosen", "chosen password")).toEqual(person);
    for (let n = 0; n < 5; n++) expect(await check("192.0.2.1", "made", `wrong ${n}`)).toEqual({ account: undefined });
    expect(await check("192.0.2.1", "made", "wrong")).toEqual({ wait: 1 });
    expect(await check("192.0.2.1", "made", generated)).toEqual(board);
    expect(await check("192.0.2.1", "chosen", "chosen password")).toEqual({ wait: 1 });
    expect(await check("192.0.2.2", "chosen", "chosen password")).toEqual(person);
  });

  test("a generated password is accepted for its own user alone, and a chosen password never in its place", async () => {
    const { accounts, generated } = await createFileAccounts();
    expect(accounts.authenticateGenerated("made", generated)).toBe(accounts.findByName("made"));
    expect(await accounts.authenticate("chosen", "chosen password")).toBe(accounts.findByName("chosen"));
    for (const [name, password] of [
      ["chosen", "chosen password"],
      ["chosen", generated],
      ["made", "chosen password"],
      ["made", generated.repeat(100)],
      ["made", ""],
      ["nobody", generated],
    ])
      expect(accounts.authenticateGenerated(name, password), `${name}: ${password}`).toBeUndefined();
  });

  test("a generated password can also belong to a guest, beside the accounts", async () => {
    const { accounts, generated } = await createFileAccounts();
    const password = generatePassword();
    const all = withGuests(accounts, [{ name: "sim", password }]);
    expect(all.authenticateGenerated("sim", password)).toEqual({ name: "sim", role: "admin" });
    expect(all.authenticateGenerated("sim", generated)).toBeUndefined();
    expect(all.authenticateGenerated("made", generated)).toBe(accounts.findByName("made"));
    expect(all.authenticateGenerated("chosen", "chosen password")).toBeUndefined();
  });
});

test("a chosen password has to wait after five wrong ones, and is not looked at until then", async () => {
  const { accounts, check } = createThrottledCheck(createThreeAccounts());
  for (let n = 0; n < 5; n++) expect(await check("192.0.2.1", "ann", `wrong ${n}`)).toEqual({ account: undefined });
  expect(await check("192.0.2.1", "ann", "ann password")).toEqual({ wait: 1 });
  expect(accounts.checks).toBe(5);
});

test("a user who has logged in from an address can log in again while a board there fails", async () => {
  const { check } = createThrottledCheck(createThreeAccounts());
  expect(await check("192.0.2.1", "ann", "ann password")).toMatchObject({ account: { name: "ann" } });
  for (let n = 0; n < 6; n++) await check("192.0.2.1", "porch", `wrong ${n}`);
  expect(await check("192.0.2.1", "rob", "rob password")).toEqual({ wait: 1 });
  expect(await check("192.0.2.1", "ann", "ann password")).toMatchObject({ account: { name: "ann" } });
});

test("a password that could not be checked counts neither way", async () => {
  const { accounts, check } = createThrottledCheck(createThreeAccounts());
  accounts.authenticate = () => Promise.reject(new BusyError());
  for (let n = 0; n < 20; n++) await expect(check("192.0.2.1", "ann", `wrong ${n}`)).rejects.toThrow(BusyError);
});

test("HTTP and MQTT count failures together if they share a check", async () => {
  const { accounts, check } = createThrottledCheck(createThreeAccounts());
  const { url } = await startHttpApp({ accounts, check });
  // the broker checks passwords with this call
  for (let n = 0; n < 5; n++) await check("127.0.0.1", "ann", `wrong ${n}`);
  const body = { name: "ann", password: "ann password" };
  expect(await ask(url, "/api/login", { method: "POST", body })).toMatchObject({ status: 429 });
});

test("a failed login is in the log with its address, and with its name only if a user has it", async () => {
  const lines: unknown[] = [];
  const log: Log = { ...silentLog, warn: (...line) => void lines.push(line) };
  const check = withFailureLog(createPasswordCheck(createThreeAccounts()), createThreeAccounts(), log);
  await check("192.0.2.1", "ann", "secret-1");
  await check("192.0.2.1", "secret-2", "secret-3");
  await check("192.0.2.1", "x".repeat(257), "secret-4");
  const user = "Refused a login as ann from 192.0.2.1: wrong password.";
  const nobody = "Refused a login from 192.0.2.1: no user has the name that was given.";
  const address = "192.0.2.1";
  expect(lines).toEqual([
    ["security", user, { user: "ann", address }],
    ["security", nobody, { address }],
    ["security", nobody, { address }],
  ]);
});
