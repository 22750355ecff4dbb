/** `nightlight-server user`, as a person or a script uses it. */
import { Command } from "commander";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../server/src/log.js";
import { userCommand } from "../../server/src/security/commands.js";
import { openAccounts } from "../../server/src/security/users.js";
import { eventually } from "../support/eventually.js";
import { temporaryFolder } from "./support/server.js";

interface Outcome {
  readonly out: string;
  readonly said: string;
  /** What it ended with; "" when it did what it should. */
  readonly error: string;
}

/** Runs one command on a folder. @param input what is piped in, or the lines that are typed when it asks */
async function user(folder: string, args: string, input: string | readonly string[] = ""): Promise<Outcome> {
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
        // ^D where nothing is left to type
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

async function check(folder: string, name: string, password: string) {
  const accounts = await openAccounts(folder, silentLog);
  onTestFinished(() => accounts.close());
  return accounts.check(name, password);
}

describe("a user is added", () => {
  test("with a password from standard input", async () => {
    const folder = await temporaryFolder();
    const { out, said, error } = await user(folder, "add ann --password-stdin", "correct horse\r\n");
    expect({ out, error }).toEqual({ out: "", error: "" });
    expect(said).toMatch(/The user ann was added: an administrator.*\n.*everybody must log in/);
    expect(await check(folder, "ann", "correct horse")).toEqual({ name: "ann", role: "admin" });
  });

  test("with a generated password, which alone goes to standard output", async () => {
    const folder = await temporaryFolder();
    const { out, said } = await user(folder, "add porch --device nightlight/porch --generate");
    expect(out).toMatch(/^[a-z0-9]{26}\n$/);
    expect(said).not.toContain(out.trim());
    const account = { name: "porch", role: "device", device: "nightlight/porch" };
    expect(await check(folder, "porch", out.trim())).toEqual(account);
  });

  test("with a password that is typed twice, and never shown", async () => {
    const folder = await temporaryFolder();
    const { said, error, out } = await user(folder, "add ann --reader", ["correct horse", "correct horse"]);
    expect(error).toBe("");
    expect(said).toMatch(/^Password for ann: \nOnce more: \nThe user ann was added: it may look/);
    expect(said + out).not.toContain("horse");
    expect(await check(folder, "ann", "correct horse")).toEqual({ name: "ann", role: "reader" });
  });

  test("not when the two passwords differ, nor when the typing is stopped", async () => {
    const folder = await temporaryFolder();
    const differing = await user(folder, "add ann", ["correct horse", "correct house"]);
    expect(differing.error).toBe("UsageError: The two passwords differ. Nothing was changed.");
    expect((await user(folder, "add ann", [])).error).toBe("UsageError: Stopped. Nothing was changed.");
    expect((await user(folder, "add ann", ["correct horse"])).error).toBe("UsageError: Stopped. Nothing was changed.");
    expect((await user(folder, "list")).out).toBe("");
  });
});

describe("each mistake is answered with a sentence, and changes nothing:", () => {
  test.each<[args: string, input: string, error: RegExp]>([
    ["add ann --password-stdin", "another one", /^UsageError: There is a user ann already; .*user password ann/],
    ["add bob --password-stdin", "", /^UsageError: The password is empty\. Nothing was changed\.$/],
    ["add bob --password-stdin", "1234567", /^UsageError: The password has 7 characters; it must have at least 8\./],
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
    [
      "add bob --device house --generate",
      "",
      /^UsageError: .*house\/status tells house\/porch whether its server is there/,
    ],
    ["add bob --device house/porch/x --generate", "", /^UsageError: .*house\/porch\/status tells house\/porch\/x/],
    ["add bob --device a --reader --generate", "", /^UsageError: A user is a --device or a --reader, not both\.$/],
    ["password bob --generate", "", /^UsageError: There is no user bob; there are: ann, porch\.$/],
    ["remove bob", "", /^UsageError: There is no user bob;/],
    ["token bob", "", /^UsageError: There is no user bob;/],
    ["token porch", "", /^UsageError: porch is a device, which may do nothing over HTTP/],
  ])("user %s", async (args, input, error) => {
    const folder = await temporaryFolder();
    await user(folder, "add ann --generate");
    await user(folder, "add porch --device house/porch --generate");
    const before = (await user(folder, "list")).out;
    expect(before).toBe("ann\tadmin\nporch\thouse/porch\n");
    const outcome = await user(folder, args, input);
    expect(outcome.error).toMatch(error);
    expect(outcome.out).toBe("");
    expect((await user(folder, "list")).out).toBe(before);
  });
});

test("a password is changed, and the old one is no longer valid", async () => {
  const folder = await temporaryFolder();
  const old = (await user(folder, "add ann --generate")).out.trim();
  const { said, error } = await user(folder, "password ann --password-stdin", "correct horse\nand more");
  expect(error).toBe("");
  expect(said).toMatch(/The password of ann was changed/);
  expect(await check(folder, "ann", old)).toBeUndefined();
  expect(await check(folder, "ann", "correct horse")).toBeDefined();
});

test("tokens are shown once, counted, and revoked together", async () => {
  const folder = await temporaryFolder();
  await user(folder, "add ann --generate");
  const tokens = [(await user(folder, "token ann")).out.trim(), (await user(folder, "token ann")).out.trim()];
  const accounts = await openAccounts(folder, silentLog, { every: 20 });
  onTestFinished(() => accounts.close());
  for (const token of tokens) expect(accounts.byToken(token)).toMatchObject({ name: "ann" });
  const { out } = await user(folder, "list");
  expect(out).toBe("ann\tadmin\ttokens: 2\n");
  for (const token of tokens) expect(out).not.toContain(token);
  await user(folder, "token ann --revoke");
  await eventually(() => tokens.every((token) => !accounts.byToken(token)), { what: "the tokens to be revoked" });
});

test("a user is removed; after the last one it is said who is let in then", async () => {
  const folder = await temporaryFolder();
  await user(folder, "add ann --generate");
  await user(folder, "add bob --generate");
  expect((await user(folder, "remove ann")).said).toBe(
    "The user ann was removed. A server that runs disconnects it in a few seconds.\n",
  );
  expect((await user(folder, "remove bob")).said).toMatch(/Nobody has an account now/);
  expect((await user(folder, "list")).said).toMatch(/^There are no users in .*users\.json\.$/m);
});
