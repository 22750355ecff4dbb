import { createInterface } from "node:readline";
import { text as readAll } from "node:stream/consumers";
import { Writable, type Readable } from "node:stream";
import { UsageError } from "../../common/errors.js";
import {
  generateNewPassword,
  hashChosenPassword,
  passwordProblem,
  type NewPassword,
} from "../../security/new-password.js";
import { COMMAND_WORDING } from "../../security/wording.js";

/** The streams of a command: input, output for scripts, and messages for people. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: { write(text: string): unknown };
  readonly messages: { write(text: string): unknown };
}

/** Command-line flags that select the source of a new password. */
export interface PasswordFlags {
  readonly generate?: boolean;
  readonly passwordStdin?: boolean;
}

/**
 * Obtains a new password: generates one, reads standard input, or prompts twice without showing the input.
 * @throws UsageError when the password is empty, too short or too long, or easy to guess
 */
export async function obtainPassword(
  name: string,
  { generate, passwordStdin }: PasswordFlags,
  terminal: Terminal,
): Promise<NewPassword> {
  if (generate && passwordStdin) throw new UsageError("Give --generate or --password-stdin, not both.");
  if (generate) return generateNewPassword();
  const password = passwordStdin ? await readFirstLine(terminal.input) : await promptNewPassword(name, terminal);
  return hashChosenPassword(name, password, COMMAND_WORDING);
}

async function readFirstLine(input: Readable): Promise<string> {
  return (await readAll(input)).split(/\r?\n/, 1)[0];
}

/**
 * Prompts for the password of an existing user.
 * @throws UsageError when there is no terminal, or when the user aborts the input
 */
export async function promptPassword(name: string, terminal: Terminal): Promise<string> {
  if (!terminal.input.isTTY)
    throw new UsageError(
      "There is no terminal to ask for the password at; give a token instead, in NIGHTLIGHT_TOKEN or with --token-file.",
    );
  return withHiddenPrompt(terminal, (question) => question(`Password for ${name}: `));
}

async function promptNewPassword(name: string, terminal: Terminal): Promise<string> {
  if (!terminal.input.isTTY)
    throw new UsageError(
      "There is no terminal to ask for the password at; pipe it in with --password-stdin, or have one made with --generate.",
    );
  return withHiddenPrompt(terminal, async (question) => {
    const password = await question(`Password for ${name}: `);
    if (passwordProblem(name, password, COMMAND_WORDING)) return password;
    if ((await question("Once more: ")) !== password)
      throw new UsageError("The two passwords differ. Nothing was changed.");
    return password;
  });
}

/** Calls `use` with a function that prompts at the terminal without showing what the user types. */
async function withHiddenPrompt(
  { input, messages }: Terminal,
  use: (question: (text: string) => Promise<string>) => Promise<string>,
): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: unseen, terminal: true, historySize: 0 });
  const askQuestion = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const rejectStopped = (): void => reject(new UsageError("Stopped. Nothing was changed."));
      messages.write(text);
      reader.once("close", rejectStopped);
      reader.question("", (answer) => {
        reader.off("close", rejectStopped);
        messages.write("\n");
        resolve(answer);
      });
    });
  try {
    return await use(askQuestion);
  } finally {
    reader.close();
  }
}
