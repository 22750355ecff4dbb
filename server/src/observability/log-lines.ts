/** What a log writes to: `process.stdout`, or anything that takes text. */
export interface LogOutput {
  readonly isTTY?: boolean;
  /** @param written is called when the text is written, or with the error that kept it from being written */
  write(text: string, written?: (error?: Error | null) => void): unknown;
}

/**
 * Writes the lines of one turn of the event loop at once, because each write to a pipe or a file blocks. Drops and counts
 * lines that cannot be written: the disk may be full, or the program that reads the pipe may have ended.
 */
export class LogLines {
  readonly #output: LogOutput;
  readonly #recovered: (lost: number, error: Error) => void;
  #held = "";
  #lost = 0;
  /** How many lost lines have been reported. */
  #reported = 0;
  #error: Error | undefined;

  /** @param recovered is called when lines can be written again, with how many were lost and why */
  constructor(output: LogOutput, recovered: (lost: number, error: Error) => void) {
    this.#output = output;
    this.#recovered = recovered;
  }

  /** How many lines were lost since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** @param line ends with a line break */
  write(line: string): void {
    if (!this.#held) setImmediate(() => this.flush());
    this.#held += line;
  }

  flush(): void {
    const text = this.#held;
    this.#held = "";
    if (!text) return;
    const written = (error?: Error | null): void => (error ? this.#failed(text, error) : this.#succeeded());
    try {
      this.#output.write(text, written);
    } catch (error) {
      this.#failed(text, error as Error);
    }
  }

  #failed(text: string, error: Error): void {
    this.#lost += text.split("\n").length - 1;
    this.#error = error;
  }

  #succeeded(): void {
    const lost = this.#lost - this.#reported;
    if (lost === 0) return;
    this.#reported = this.#lost;
    this.#recovered(lost, this.#error!);
  }
}
