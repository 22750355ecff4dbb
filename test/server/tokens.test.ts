/** Tests bearer tokens at a running server: revocation, expiry, and the stored time of their last use. */
import { once } from "node:events";
import { mkdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import http from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLog, type Log } from "../../server/src/observability/log.js";
import { sha256Of, hashGeneratedPassword } from "../../server/src/security/scrypt.js";
import { tokenUsesFilePath } from "../../server/src/security/token-uses.js";
import type { StoredToken } from "../../server/src/security/tokens.js";
import { openAccounts } from "../../server/src/security/users.js";
import { changeUsers, usersFilePath } from "../../server/src/security/users-file.js";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf, passwordOf } from "./support/guarded.js";
import { ask, logIn } from "./support/http-app.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

/** Gives a user the single token `<name>-token`. */
async function giveToken(folder: string, name: string, rest: Partial<StoredToken> = {}): Promise<void> {
  await changeUsers(folder, (users) =>
    users.set(name, {
      ...users.get(name)!,
      tokens: [{ hash: sha256Of(`${name}-token`), made: new Date().toISOString(), ...rest }],
    }),
  );
}

const createBearerAuth = (name: string): { authorization: string } => ({ authorization: `Bearer ${name}-token` });
const createBasicAuth = (name: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${name}:${passwordOf(name)}`).toString("base64")}`,
});

/** Opens an event stream with these headers. The function `ended` returns whether the stream has ended. */
async function openEventStream(url: string, headers: http.OutgoingHttpHeaders): Promise<{ ended(): boolean }> {
  const request = http.get(new URL("/api/events", url), { headers, agent: false });
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  expect(response.statusCode).toBe(200);
  let ended = false;
  response.on("error", () => {}).on("close", () => (ended = true));
  response.resume();
  return { ended: () => ended };
}

/** Opens the accounts in a folder. The first use of a token is written after 1 ms, later uses after `further` ms. */
async function openTokenAccounts(folder: string, log: Log = silentLog, further = 20) {
  const accounts = await openAccounts(folder, log, { checkInterval: 20, writeDelays: { first: 1, further } });
  onTestFinished(() => accounts.close());
  return accounts;
}

const readTokenUses = async (folder: string): Promise<Record<string, string>> =>
  (JSON.parse(await readFile(tokenUsesFilePath(folder), "utf8")) as { used: Record<string, string> }).used;

describe("at a running server", () => {
  test("connections end when their token is revoked or expires, or when the password changes; other connections stay", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { keeps: "reader", revoked: "reader", expires: "reader", changed: "admin" });
    for (const name of ["keeps", "revoked", "changed"]) await giveToken(data, name);
    const end = Date.now() + 10_000;
    await giveToken(data, "expires", { expires: new Date(end).toISOString() });
    const { httpUrl, brokerUrl } = await startTestServer({ data });
    const url = httpUrl!;
    const keeps = [await openEventStream(url, createBearerAuth("keeps")), await openEventStream(url, { cookie: await logIn(url, "revoked", passwordOf("revoked")) })]; // prettier-ignore
    const revoked = await openEventStream(url, createBearerAuth("revoked"));
    const expires = await openEventStream(url, createBearerAuth("expires"));
    const cookie = await logIn(url, "changed", passwordOf("changed"));
    const changed = [await openEventStream(url, createBearerAuth("changed")), await openEventStream(url, { cookie }), await openEventStream(url, createBasicAuth("changed"))]; // prettier-ignore
    const board = await connectClient(brokerUrl, loginOf("changed"));

    await giveToken(data, "revoked", { hash: sha256Of("another") });
    await changeUsers(data, (users) =>
      users.set("changed", { ...users.get("changed")!, password: hashGeneratedPassword("a new one"), tokens: [] }),
    );
    await eventually(() => revoked.ended(), { what: "the stream with the revoked token to end" });
    for (const stream of changed) await eventually(() => stream.ended(), { what: "the streams of before to end" });
    await eventually(() => !board.connected, { what: "the MQTT connection to end" });
    await eventually(() => expires.ended(), { what: "the stream with the expired token to end" });
    expect(Date.now()).toBeGreaterThanOrEqual(end);

    const statusOf = async (headers: http.OutgoingHttpHeaders) => (await ask(url, "/api/devices", { headers })).status;
    expect(await statusOf({ cookie })).toBe(401);
    expect(await statusOf(createBasicAuth("changed"))).toBe(401);
    expect(await statusOf(createBearerAuth("changed"))).toBe(401);
    expect(await statusOf(createBearerAuth("keeps"))).toBe(200);
    for (const stream of keeps) expect(stream.ended()).toBe(false);

    const answer = await ask(url, "/api/devices", { headers: createBearerAuth("expires") });
    expect(answer.status).toBe(401);
    expect(answer.json.error).toMatch(/^This token of expires expired on .*Z; make another with npm run server -- user token expires\.$/); // prettier-ignore
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="nightlight", error="invalid_token"');
    const unknown = await ask(url, "/api/devices", { headers: createBearerAuth("revoked") });
    expect(unknown.json.error).toMatch(/^This token is not valid: it was revoked, or belongs to another server\./);
    const page = await ask(url, "/", { headers: createBearerAuth("expires") });
    expect(page.status).toBe(302);
  });
});

describe("the last use of a token", () => {
  test("the last use of a token survives a restart, is written to a file of its own, and is shown to the minute", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, { ann: "admin" });
    await giveToken(folder, "ann");
    const users = await readFile(usersFilePath(folder), "utf8");
    const before = Date.now();
    const accounts = await openTokenAccounts(folder);
    expect(accounts.authenticateToken("ann-token")).toBeDefined();
    await eventually(() => readTokenUses(folder), { what: "the file" });
    const time = Date.parse((await readTokenUses(folder))[sha256Of("ann-token")]);
    expect(time % 60_000).toBe(0);
    expect(time).toBeGreaterThan(before - 60_000);
    expect(await readFile(usersFilePath(folder), "utf8")).toBe(users);
    if (process.platform !== "win32") expect((await stat(tokenUsesFilePath(folder))).mode & 0o777).toBe(0o600);
    accounts.close();
    // a restarted server keeps the stored times, even if no token is used
    const again = await openTokenAccounts(folder);
    again.close();
    expect(await readTokenUses(folder)).toEqual({ [sha256Of("ann-token")]: new Date(time).toISOString() });
  });

  test("the last use of a token is written when the server stops at the latest, and only once for many uses", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, { ann: "admin" });
    await giveToken(folder, "ann");
    const used = { [sha256Of("ann-token")]: new Date(Date.now() - 3_600_000).toISOString() };
    await writeFile(tokenUsesFilePath(folder), JSON.stringify({ version: 1, used }));
    const accounts = await openTokenAccounts(folder, silentLog, 3_600_000);
    for (let n = 0; n < 100; n++) accounts.authenticateToken("ann-token");
    expect(await readTokenUses(folder)).toEqual(used);
    accounts.close();
    expect(Date.parse((await readTokenUses(folder))[sha256Of("ann-token")])).toBeGreaterThan(Date.now() - 120_000);
  });

  test("the last use of a revoked token is deleted", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, { ann: "admin", bob: "admin" });
    await giveToken(folder, "ann");
    await giveToken(folder, "bob");
    const accounts = await openTokenAccounts(folder);
    accounts.authenticateToken("ann-token");
    await changeUsers(folder, (users) => users.delete("ann"));
    await eventually(() => !accounts.authenticateToken("ann-token"), { what: "ann to be gone" });
    accounts.authenticateToken("bob-token");
    await eventually(async () => Object.keys(await readTokenUses(folder)).join() === sha256Of("bob-token"), {
      what: "the file",
    });
  });

  test("the last use of a token is not needed for a login: a damaged file is reported in the log and replaced", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, { ann: "admin" });
    await giveToken(folder, "ann");
    await writeFile(tokenUsesFilePath(folder), "{");
    const lines: string[] = [];
    const log: Log = { ...silentLog, warn: (_event, text) => void lines.push(text) };
    const accounts = await openTokenAccounts(folder, log);
    expect(lines.join()).toMatch(
      /token-uses\.json.*cannot be read \(.*JSON.*\)\. The next use of a token replaces the file/,
    );
    expect(accounts.authenticateToken("ann-token")).toBeDefined();
    await eventually(() => readTokenUses(folder), { what: "the file" });
  });

  test("a last use that cannot be written is logged once, and the token still works", async () => {
    const folder = await createTemporaryFolder();
    await addUsers(folder, { ann: "admin" });
    await giveToken(folder, "ann");
    await mkdir(`${tokenUsesFilePath(folder)}.new`);
    const lines: string[] = [];
    const accounts = await openTokenAccounts(folder, { ...silentLog, warn: (_event, text) => void lines.push(text) });
    accounts.authenticateToken("ann-token");
    await eventually(() => lines.length > 0, { what: "the warning" });
    expect(lines[0]).toMatch(/cannot be written to .*token-uses\.json/);
    expect(accounts.authenticateToken("ann-token")).toBeDefined();
    await rmdir(`${tokenUsesFilePath(folder)}.new`);
    await eventually(() => readTokenUses(folder), { what: "the file, once it can be written" });
    expect(lines).toHaveLength(1);
  });
});

test("an expired token is refused, and the log says whose it was, once", async () => {
  const folder = await createTemporaryFolder();
  await addUsers(folder, { ann: "admin" });
  await giveToken(folder, "ann", { expires: "2026-01-01T00:00:00.000Z" });
  const lines: string[] = [];
  const accounts = await openTokenAccounts(folder, { ...silentLog, warn: (_event, text) => void lines.push(text) });
  for (let n = 0; n < 3; n++) expect(accounts.authenticateToken("ann-token")).toBeUndefined();
  expect(lines).toEqual([
    `Refused the token ${sha256Of("ann-token").slice(0, 8)}. This token of ann expired on 2026-01-01T00:00Z; make another with npm run server -- user token ann.`,
  ]);
  expect(accounts.tokenProblem?.("x")).not.toContain("ann");
});
