/** Runs the command `nightlight-server sessions` in the test process. */
import { PassThrough, Readable } from "node:stream";
import { addCommand, createCommand } from "../../../server/src/app/cli.js";
import { serverUrlOf } from "../../../server/src/config/server-url.js";
import { sessionsCommand } from "../../../server/src/app/commands/sessions/command.js";
import { createDisconnectedFields, FakeSessions, createSessionView } from "./fake-sessions.js";

export interface CommandOutcome {
  readonly out: string;
  readonly said: string;
  /** The command's error as `name: message`; "" on success. */
  readonly error: string;
}

export interface CommandInput {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the command writes to a terminal. For a terminal, the command formats its output for people. */
  readonly terminal?: boolean;
  /** The answer typed at a prompt; undefined for an input that is not a terminal. */
  readonly types?: string;
}

/** Runs the command `sessions` with these arguments. Returns its output and error. */
export async function runSessions(
  args: readonly string[],
  { env = {}, terminal = false, types }: CommandInput = {},
): Promise<CommandOutcome> {
  let out = "";
  let said = "";
  const keyboard = new PassThrough();
  const command = createCommand().configureOutput({ writeOut: (text) => (out += text), writeErr() {} });
  const io = {
    input: types === undefined ? Readable.from([""]) : Object.assign(keyboard, { isTTY: true }),
    output: { write: (text: string) => (out += text), isTTY: terminal },
    messages: {
      write(text: string) {
        said += text;
        if (text.endsWith(": ")) setImmediate(() => keyboard.write(`${types}\r`));
      },
    },
  };
  addCommand(
    command,
    sessionsCommand((self) => serverUrlOf(self, env), io, env),
  );
  let error = "";
  await command.parseAsync(["sessions", ...args], { from: "user" }).catch((thrown: Error) => {
    error = `${thrown.name}: ${thrown.message}`;
  });
  return { out, said, error };
}

/** Creates two sessions of different accounts with the same client id, and a session without an account. */
export function createHousehold(): FakeSessions {
  return new FakeSessions(
    createSessionView("phone", { account: "ann", ...createDisconnectedFields(), subscriptions: 3, queued: 12 }),
    createSessionView("phone", { account: "bob", subscriptions: 1, queued: 1 }),
    createSessionView("desk"),
  );
}
