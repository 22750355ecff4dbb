/** Asks questions at the terminal, and hides secret answers while they are typed. */
import { createInterface } from "node:readline";
import { Writable, type Readable } from "node:stream";
import { text as readAll } from "node:stream/consumers";

/** Thrown when the user presses Ctrl-C or Ctrl-D. */
export class DialogCanceledError extends Error {}

export interface Terminal {
  /** Whether standard input is a terminal. */
  readonly interactive: boolean;
  print(line: string): void;
  /** Asks a question. @throws DialogCanceledError when the user presses Ctrl-C or Ctrl-D */
  ask(question: string, options?: { secret?: boolean }): Promise<string>;
  /** Reads all lines of standard input, in which a script passes the passwords. */
  lines(): Promise<string[]>;
}

/** Creates a terminal on standard input and output, or on other streams. */
export function createTerminal(
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
  output: { write(text: string): unknown } = process.stdout,
): Terminal {
  return {
    interactive: Boolean(input.isTTY),
    print: (line) => void output.write(`${line}\n`),
    ask(question, { secret = false } = {}) {
      // readline echoes what the user types; for a secret answer this stream drops the echo
      const echo = new Writable({
        write(chunk: Buffer, _encoding, done) {
          if (!secret) output.write(chunk.toString());
          done();
        },
      });
      const reader = createInterface({ input, output: echo, terminal: true, historySize: 0 });
      return new Promise((resolve, reject) => {
        const onClose = () => {
          output.write("\n");
          reject(new DialogCanceledError("Stopped. Nothing was changed."));
        };
        reader.once("close", onClose);
        if (secret) output.write(question);
        reader.question(secret ? "" : question, (answer) => {
          reader.off("close", onClose);
          reader.close();
          if (secret) output.write("\n");
          resolve(answer);
        });
      });
    },
    lines: async () => (await readAll(input)).split(/\r?\n/),
  };
}
