/** The output of a log: `process.stdout`, or any other writable text stream. */
export interface LogOutput {
  readonly isTTY?: boolean;
  /** @param written called without an argument after the write, or with the error that prevented the write */
  write(text: string, written?: (error?: Error | null) => void): unknown;
}

/**
 * Buffers log lines and writes the lines of one event-loop turn together, because each write to a pipe or file blocks. When a
 * write fails, its lines are dropped and counted: the disk may be full, or the reader of the pipe may have exited.
 */
export class LogLineWriter {
  readonly #output: LogOutput;
  readonly #onRecovered: (lost: number, error: Error) => void;
  #buffered = "";
  #lostCount = 0;
  /** Number of lost lines that were already reported to `onRecovered`. */
  #reportedCount = 0;
  #error: Error | undefined;

  /** @param onRecovered called after the first write that succeeds again, with the number of lost lines and the error */
  constructor(output: LogOutput, onRecovered: (lost: number, error: Error) => void) {
    this.#output = output;
    this.#onRecovered = onRecovered;
  }

  /** Number of log lines lost since the start of the server. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Queues a line for the next write. @param line must end with a line break */
  write(line: string): void {
    if (!this.#buffered) setImmediate(() => this.flush());
    this.#buffered += line;
  }

  flush(): void {
    const text = this.#buffered;
    this.#buffered = "";
    if (!text) return;
    const onWritten = (error?: Error | null): void => (error ? this.#failed(text, error) : this.#succeeded());
    try {
      this.#output.write(text, onWritten);
    } catch (error) {
      this.#failed(text, error as Error);
    }
  }

  #failed(text: string, error: Error): void {
    this.#lostCount += text.split("\n").length - 1;
    this.#error = error;
  }

  #succeeded(): void {
    const lost = this.#lostCount - this.#reportedCount;
    if (lost === 0) return;
    this.#reportedCount = this.#lostCount;
    this.#onRecovered(lost, this.#error!);
  }
}
