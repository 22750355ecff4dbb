/** Tests the command `nightlight-server user` for people and scripts. */
import { Command } from "commander";
import { writeFile } from "node:fs/promises";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../server/src/observability/log.js";
import { userCommand } from "../../server/src/app/commands/user.js";
import { tokenUsesFilePath } from "../../server/src/security/token-uses.js";
import { parseExpiry } from "../../server/src/security/tokens.js";
import { openAccounts } from "../../server/src/security/users.js";
import { changeUsers } from "../../server/src/security/users-file.js";
import { COMMAND_WORDING } from "../../server/src/security/wording.js";
import { eventually } from "../support/eventually.js";
import { createTemporaryFolder } from "./support/server.js";

interface CommandOutcome {
  readonly out: string;
  readonly said: string;
  /** The command's error message; "" on success. */
  readonly error: string;
}

/** Runs one command on a data folder. @param input piped text, or an array of the lines that a person types */
async function runUser(folder: string, args: string, input: string | readonly string[] = ""): Promise<CommandOutcome> {
  let out = "";
  let said = "";
  const keyboard = new PassThrough();
  const lines = [...(typeof input === "string" ? [] : input)];
  const terminal = {
    input: typeof input === "string" ? Readable.from([input]) : Object.assign(keyboard, { isTTY: true }),
    output: { write: (text: string) => (out += text) },
    messages: {
      write(text: string) {
        said += text;
        if (!text.endsWith(": ")) return;
        const line = lines.shift();
        // end the input (Ctrl+D) when no typed lines are left
        setImmediate(() => (line === undefined ? keyboard.end() : keyboard.write(`${line}\r`)));
      },
    },
  };
  const command = new Command("nightlight-server").exitOverride().configureOutput({ writeErr() {} });
  command.addCommand(userCommand(() => folder, terminal));
  let error = "";
  await command.parseAsync(["user", ...args.split(" ")], { from: "user" }).catch((thrown: Error) => {
    error = `${thrown.name}: ${thrown.message}`;
  });
  return { out, said, error };
}

async function checkPassword(folder: string, name: string, password: string) {
  const accounts = await openAccounts(folder, silentLog);
  onTestFinished(() => accounts.close());
  return accounts.authenticate(name, password);
}

describe("a user is added", () => {
  test("a user is added with a password from standard input", async () => {
    const folder = await createTemporaryFolder();
    const { out, said, error } = await runUser(folder, "add ann --password-stdin", "correct horse\r\n");
    expect({ out, error }).toEqual({ out: "", error: "" });
    expect(said).toMatch(/The user ann was added in \S+: an administrator.*\n.*everybody must log in/);
    expect(await checkPassword(folder, "ann", "correct horse")).toEqual({ name: "ann", role: "admin" });
  });

  test("a user is added with a generated password, which is the only text on standard output", async () => {
    const folder = await createTemporaryFolder();
    const { out, said } = await runUser(folder, "add porch --device nightlight/porch --generate");
    expect(out).toMatch(/^[a-z0-9]{26}\n$/);
    expect(said).not.toContain(out.trim());
    const account = { name: "porch", role: "device", device: "nightlight/porch" };
    expect(await checkPassword(folder, "porch", out.trim())).toEqual(account);
  });

  test("a user is added with a password that is typed twice and never shown", async () => {
    const folder = await createTemporaryFolder();
    const { said, error, out } = await runUser(folder, "add ann --reader", ["correct horse", "correct horse"]);
    expect(error).toBe("");
    expect(said).toMatch(/^Password for ann: \nOnce more: \nThe user ann was added in \S+: a reader, who can read/);
    expect(said + out).not.toContain("horse");
    expect(await checkPassword(folder, "ann", "correct horse")).toEqual({ name: "ann", role: "reader" });
  });

  test("a user is added only if both typed passwords are equal and the input is not aborted", async () => {
    const folder = await createTemporaryFolder();
    const differing = await runUser(folder, "add ann", ["correct horse", "correct house"]);
    expect(differing.error).toBe("UsageError: The two passwords differ. Nothing was changed.");
    expect((await runUser(folder, "add ann", [])).error).toBe("UsageError: Stopped. Nothing was changed.");
    expect((await runUser(folder, "add ann", ["correct horse"])).error).toBe(
      "UsageError: Stopped. Nothing was changed.",
    );
    expect((await runUser(folder, "list")).out).toBe("");
  });
});

describe("each mistake causes an error sentence and changes nothing:", () => {
  test.each<[args: string, input: string, error: RegExp]>([
    ["add ann --password-stdin", "another one", /^UsageError: The user ann exists already; .*user password ann/],
    ["add bob --password-stdin", "", /^UsageError: The password is empty\. Nothing was changed\.$/],
    ["add bob --password-stdin", "1234567", /^UsageError: The password has 7 characters; it must have at least 8\./],
    [
      "add bob --password-stdin",
      "12345678",
      /^UsageError: The password is easy to guess: there is little in it but a sequence .*\. Choose another, .*--generate\. Nothing was changed\.$/,
    ],
    [
      "password ann --password-stdin",
      "Ann2026!",
      /^UsageError: .*easy to guess.* the user name and a year or a date\./,
    ],
    ["add bob --password-stdin", "Nightlight1", /^UsageError: .*easy to guess.* a common word or password\./],
    ["add bob --password-stdin", "x".repeat(300), /^UsageError: .* at most 256\./],
    ["add longname --password-stdin", "LongName", /^UsageError: The password is the user name\./],
    ["add bob", "correct horse", /^UsageError: There is no terminal .*--password-stdin.*--generate\.$/],
    ["add bob --generate --password-stdin", "", /^UsageError: Give --generate or --password-stdin, not both\.$/],
    ["add b/b --generate", "", /^UsageError: "b\/b" cannot be a user name: .*letters, digits/],
    [
      "add bob --device a/# --generate",
      "",
      /^UsageError: --device "a\/#" is not allowed: an id cannot contain # or \+\.$/,
    ],
    ["add bob --device nightlight --generate", "", /^UsageError: --device "nightlight" is not allowed: .*server's own/],
    ["add bob --device house --generate", "", /^UsageError: .*house\/status is the server status for house\/porch/],
    [
      "add bob --device house/porch/x --generate",
      "",
      /^UsageError: .*house\/porch\/status is the server status for house\/porch\/x/,
    ],
    [
      "add bob --device a --reader --generate",
      "",
      /^UsageError: A user has one role; give only one of --device, --reader\.$/,
    ],
    ["password bob --generate", "", /^UsageError: There is no user bob; there are: ann, porch\.$/],
    ["remove bob", "", /^UsageError: There is no user bob;/],
    ["token bob", "", /^UsageError: There is no user bob;/],
    ["token ann --expires soon", "", /^UsageError: --expires is "soon"; it must be a time such as 90d/],
    ["token ann --token x", "", /^UsageError: --token selects a token to revoke/],
    ["token ann --revoke --expires 9d", "", /^UsageError: Give --expires or --revoke, not both\.$/],
    ["token porch", "", /^UsageError: porch is a device, which may do nothing over HTTP/],
  ])("user %s", async (args, input, error) => {
    const folder = await createTemporaryFolder();
    await runUser(folder, "add ann --generate");
    await runUser(folder, "add porch --device house/porch --generate");
    const listBefore = (await runUser(folder, "list")).out;
    expect(listBefore).toBe("ann\tadmin\nporch\thouse/porch\n");
    const outcome = await runUser(folder, args, input);
    expect(outcome.error).toMatch(error);
    expect(outcome.out).toBe("");
    expect((await runUser(folder, "list")).out).toBe(listBefore);
  });
});

test("a password is changed, and the old one is no longer valid", async () => {
  const folder = await createTemporaryFolder();
  const oldPassword = (await runUser(folder, "add ann --generate")).out.trim();
  const { said, error } = await runUser(folder, "password ann --password-stdin", "correct horse\nand more");
  expect(error).toBe("");
  expect(said).toMatch(/The password of ann was changed/);
  expect(await checkPassword(folder, "ann", oldPassword)).toBeUndefined();
  expect(await checkPassword(folder, "ann", "correct horse")).toBeDefined();
});

test("tokens are shown once, counted, and revoked together", async () => {
  const folder = await createTemporaryFolder();
  await runUser(folder, "add ann --generate");
  const tokens = [(await runUser(folder, "token ann")).out.trim(), (await runUser(folder, "token ann")).out.trim()];
  const accounts = await openAccounts(folder, silentLog, { checkInterval: 20 });
  onTestFinished(() => accounts.close());
  for (const token of tokens) expect(accounts.authenticateToken(token)).toMatchObject({ name: "ann" });
  const { out } = await runUser(folder, "list");
  expect(out).toMatch(
    /^ann\tadmin\ttokens: 2\n( {2}token [\w-]{8}\tmade \d{4}-\d\d-\d\d\tdoes not expire\tnot used yet\n){2}$/,
  );
  for (const token of tokens) expect(out).not.toContain(token);
  await runUser(folder, "token ann --revoke");
  await eventually(() => tokens.every((token) => !accounts.authenticateToken(token)), {
    what: "the tokens to be revoked",
  });
});

test("one token is revoked by its id, and the others stay", async () => {
  const folder = await createTemporaryFolder();
  await runUser(folder, "add ann --generate");
  await runUser(folder, "token ann");
  await runUser(folder, "token ann");
  const listTokenIds = async (): Promise<string[]> =>
    [...(await runUser(folder, "list")).out.matchAll(/token (\S+)/g)].map(([, id]) => id);
  const [first, second] = await listTokenIds();
  expect((await runUser(folder, `token ann --revoke --token ${first}`)).said).toMatch(
    `The token ${first} of ann is no longer`,
  );
  expect(await listTokenIds()).toEqual([second]);
  const unknown = await runUser(folder, `token ann --revoke --token ${first}`);
  expect(unknown.error).toMatch(/^UsageError: ann has no token .*user list/);
});

test("a new password revokes the user's tokens, and says so; those of others stay", async () => {
  const folder = await createTemporaryFolder();
  for (const name of ["ann", "bob"]) {
    await runUser(folder, `add ${name} --generate`);
    await runUser(folder, `token ${name}`);
  }
  expect((await runUser(folder, "password ann --generate")).said).toMatch(
    /Its tokens \(1\) were revoked.*user token ann --expires 90d\n/,
  );
  expect((await runUser(folder, "list")).out).toMatch(/^ann\tadmin\nbob\tadmin\ttokens: 1\n/);
});

describe("a token expires", () => {
  test.each([
    ["90d", 90 * 86_400_000],
    ["12 h", 12 * 3_600_000],
  ])("a token expires after %s", async (text, ms) => {
    const now = Date.UTC(2026, 10, 29);
    expect(parseExpiry(text, now, COMMAND_WORDING)).toBe(new Date(now + ms).toISOString());
  });

  test("a token expires at the start of a UTC day, at an ISO 8601 time, or never", () => {
    const now = Date.UTC(2026, 10, 29);
    expect(parseExpiry("2027-01-01", now, COMMAND_WORDING)).toBe("2027-01-01T00:00:00.000Z");
    expect(parseExpiry("2027-01-01T12:30+02:00", now, COMMAND_WORDING)).toBe("2027-01-01T10:30:00.000Z");
    expect(parseExpiry("forever", now, COMMAND_WORDING)).toBeUndefined();
  });

  test.each([
    "",
    "90",
    "soon",
    "2027-02-30",
    "2027-13-01",
    "27-01-01",
    "1e9d",
    "999999999d",
    "-1d",
    "2027-01-01 12:00",
  ])("the expiry %j is refused, and the error lists the allowed values", (text) => {
    expect(() => parseExpiry(text, Date.UTC(2026, 10, 29), COMMAND_WORDING)).toThrow(
      /^--expires is ".*"; it must be a time such as 90d/,
    );
  });

  test.each(["2026-11-29", "2020-01-01T00:00Z", "0d"])("the expiry %s is refused because it is in the past", (text) => {
    expect(() => parseExpiry(text, Date.UTC(2026, 10, 29), COMMAND_WORDING)).toThrow(/not in the future/);
  });

  test("a token expires as `user token --expires` says, and stays in the list until it is removed", async () => {
    const folder = await createTemporaryFolder();
    await runUser(folder, "add ann --generate");
    expect((await runUser(folder, "token ann --expires 90d")).said).toMatch(
      /It expires on \d{4}-\d\d-\d\dT\d\d:\d\dZ\.\n$/,
    );
    await changeUsers(folder, (users) => {
      const ann = users.get("ann")!;
      const [token] = ann.tokens;
      users.set("ann", { ...ann, tokens: [{ ...token, expires: "2026-01-01T00:00:00.000Z" }] });
    });
    expect((await runUser(folder, "list")).out).toMatch(/\tEXPIRED 2026-01-01T00:00Z\tnot used yet\n$/);
    await runUser(folder, "token ann --revoke");
    expect((await runUser(folder, "list")).out).toBe("ann\tadmin\n");
  });
});

test("a damaged file of last uses hides no user, and the list reports the damage", async () => {
  const folder = await createTemporaryFolder();
  await runUser(folder, "add ann --generate");
  await writeFile(tokenUsesFilePath(folder), "{");
  const { out, said, error } = await runUser(folder, "list");
  expect({ out, error }).toEqual({ out: "ann\tadmin\n", error: "" });
  expect(said).toMatch(/^The last uses of tokens cannot be read from .*token-uses\.json/);
});

test("a user is removed; after the last one a message says that no login is required any more", async () => {
  const folder = await createTemporaryFolder();
  await runUser(folder, "add ann --generate");
  await runUser(folder, "add bob --generate");
  expect((await runUser(folder, "remove ann")).said).toBe(
    "The user ann was removed. A running server disconnects it within a few seconds.\n",
  );
  expect((await runUser(folder, "remove bob")).said).toMatch(/No accounts are left/);
  expect((await runUser(folder, "list")).said).toMatch(/^There are no users in .*users\.json\.$/m);
});
