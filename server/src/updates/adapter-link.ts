import type { WebSocket } from "ws";
import type { Session } from "./session.js";

/**
 * Commands of the update protocol. Answers repeat the command, or are `error`.
 * @see https://github.com/microsoft/devicescript/blob/main/runtime/devicescript/network/wssk_health.c
 */
export const COMMAND = {
  ping: 146,
  getHash: 147,
  start: 148,
  write: 149,
  finish: 150,
  error: 255,
} as const;

/** Largest part of a program that one message contains, in bytes. Boards accept messages of up to 270 bytes. */
const CHUNK_BYTES = 192;

/** How long a board may take to answer a message, in ms. Erasing the old program takes some seconds. */
const ANSWER_TIMEOUT = 20_000;

/** After how long without a message a connection counts as dead, in ms. Boards send a ping every 16 s. */
const SILENCE_TIMEOUT = 60_000;

/** Why an update over an open connection failed. */
export class LinkError extends Error {
  constructor(
    /** `lost`: the connection ended. `refused`: the board answered with an error. */
    readonly kind: "lost" | "refused",
    message: string,
  ) {
    super(message);
  }
}

interface PendingAnswer {
  readonly command: number;
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: LinkError) => void;
}

/** A connection to the update adapter of a board that has proved its key. Reads and replaces the board's program. */
export class AdapterLink {
  readonly #socket: WebSocket;
  readonly #session: Session;
  #pending: PendingAnswer | undefined;
  /** Settles when the last operation has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  readonly #closeListeners: (() => void)[] = [];

  constructor(socket: WebSocket, session: Session) {
    this.#socket = socket;
    this.#session = session;
    const silence = setTimeout(() => socket.terminate(), SILENCE_TIMEOUT);
    socket.on("message", (data: Buffer, isBinary) => {
      silence.refresh();
      this.#receive(data, isBinary);
    });
    socket.on("close", () => {
      clearTimeout(silence);
      this.#isClosed = true;
      this.#fail(new LinkError("lost", "the connection to the board ended"));
      for (const listener of this.#closeListeners) listener();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Registers a listener that is called when the connection ends. */
  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  /** Returns the SHA-256 of the program on the board, in hexadecimal; 64 zeros if the board has no program. */
  readHash(): Promise<string> {
    return this.#afterOthers(async () => (await this.#request(COMMAND.getHash)).toString("hex"));
  }

  /**
   * Replaces the program. The board erases the old program first, and starts the new one at the end.
   * @param report called with the number of bytes that the board has stored
   * @throws LinkError when the board refuses the program or the connection ends
   */
  writeProgram(program: Buffer, report: (bytes: number) => void): Promise<void> {
    return this.#afterOthers(() => this.#writeProgram(program, report));
  }

  async #writeProgram(program: Buffer, report: (bytes: number) => void): Promise<void> {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(program.length);
    await this.#request(COMMAND.start, length);
    for (let at = 0; at < program.length; at += CHUNK_BYTES) {
      const chunk = program.subarray(at, at + CHUNK_BYTES);
      await this.#request(COMMAND.write, chunk);
      report(at + chunk.length);
    }
    await this.#request(COMMAND.finish);
  }

  /** Runs an operation when all earlier ones have ended, because an answer does not name its request. */
  #afterOthers<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.catch(() => {});
    return result;
  }

  #request(command: number, payload: Buffer = Buffer.alloc(0)): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new LinkError("lost", "the connection to the board ended"));
      const timer = setTimeout(() => {
        // without a close handshake, because a board that does not answer would not answer that either
        this.#socket.terminate();
        this.#fail(new LinkError("lost", `the board did not answer within ${ANSWER_TIMEOUT / 1000} s`));
      }, ANSWER_TIMEOUT);
      this.#pending = {
        command,
        resolve: (answer) => (clearTimeout(timer), resolve(answer)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
      this.#send(Buffer.concat([Buffer.from([command]), payload]));
    });
  }

  #send(data: Buffer): void {
    this.#socket.send(this.#session.encrypt(data));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const message = isBinary ? this.#session.decrypt(data) : undefined;
    if (!message) return this.#socket.terminate();
    const [command] = message;
    // The answer keeps the board from connecting again, which it does after 32 s without a message.
    if (command === COMMAND.ping) return this.#send(Buffer.from([COMMAND.ping]));
    const pending = this.#pending;
    if (!pending || (command !== pending.command && command !== COMMAND.error)) return;
    if (command === COMMAND.error)
      return this.#fail(new LinkError("refused", "the board refused the program, for example because it is too large"));
    this.#pending = undefined;
    pending.resolve(message.subarray(1));
  }

  #fail(error: LinkError): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }
}
