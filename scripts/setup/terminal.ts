/** Questions to a person; what is secret is not shown as it is typed. */
import { createInterface } from "node:readline";
import { Writable, type Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";

/** The person went away, by Ctrl-C or Ctrl-D. */
export class Stopped extends Error {}

export interface Terminal {
  /** Whether somebody is there to answer. */
  readonly interactive: boolean;
  say(line: string): void;
  /** @throws Stopped when the person ends it */
  ask(question: string, options?: { secret?: boolean }): Promise<string>;
  /** All lines of standard input, for passwords that a script pipes in. */
  lines(): Promise<string[]>;
}

export function createTerminal(
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
  output: { write(text: string): unknown } = process.stdout,
): Terminal {
  return {
    interactive: Boolean(input.isTTY),
    say: (line) => void output.write(`${line}\n`),
    ask(question, { secret = false } = {}) {
      // with a terminal, readline itself writes what is typed: it gets nowhere to write it
      const echo = new Writable({
        write(chunk: Buffer, _encoding, done) {
          if (!secret) output.write(chunk.toString());
          done();
        },
      });
      const reader = createInterface({ input, output: echo, terminal: true, historySize: 0 });
      return new Promise((resolve, reject) => {
        const stopped = () => {
          output.write("\n");
          reject(new Stopped("Stopped. Nothing was changed."));
        };
        reader.once("close", stopped);
        if (secret) output.write(question);
        reader.question(secret ? "" : question, (answer) => {
          reader.off("close", stopped);
          reader.close();
          if (secret) output.write("\n");
          resolve(answer);
        });
      });
    },
    lines: async () => (await readAll(input)).split(/\r?\n/),
  };
}
