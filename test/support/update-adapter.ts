/** The update adapter of a board for tests: the client side of the encrypted protocol, with a program in flash memory. */
import { createHash, randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { COMMAND } from "../../server/src/updates/adapter-link.js";
import { NONCE_BYTES, PROOF, seedOf, Session } from "../../server/src/updates/session.js";

/** Alignment of programs in flash memory, in bytes. The runtime refuses other sizes. */
const FLASH_ALIGNMENT = 8;

/** Largest message that the runtime can receive, in bytes. */
const MAX_MESSAGE_BYTES = 270;

export interface UpdateAdapterOptions {
  /** The setting `UPDATE_URL` of the board. */
  readonly url: string;
  /** The flash memory, which survives a power cut. */
  readonly flash: TestFlash;
  /** After this number of received program bytes, the power is cut. */
  readonly cutAfter?: number;
  /** Called when the server has written a complete program and the board starts it. */
  readonly onStart?: () => void;
}

/** The flash memory for the program of a board. */
export class TestFlash {
  /** The complete program; undefined while there is none. */
  program: Buffer | undefined;

  constructor(program?: Buffer) {
    this.program = program;
  }

  get hash(): Buffer {
    return this.program ? createHash("sha256").update(this.program).digest() : Buffer.alloc(32);
  }
}

/** A connection of the adapter. It ends like that of the runtime when the power is cut or the server sends nonsense. */
export class UpdateAdapter {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  /** Resolves when the server has proved that it knows the key. */
  readonly proved: Promise<void>;
  /** HTTP status with which the server refused the connection; undefined if it accepted. */
  refusal: number | undefined;
  /** Number of messages that the server sent after the proof. */
  messages = 0;
  readonly socket: WebSocket;
  readonly #options: UpdateAdapterOptions;
  readonly #key: Buffer;
  readonly #nonce = randomBytes(NONCE_BYTES);
  #session: Session | undefined;
  #isProved = false;
  #incoming: Buffer[] = [];
  #expected = -1;
  #received = 0;

  constructor(options: UpdateAdapterOptions) {
    this.#options = options;
    const url = new URL(options.url);
    this.#key = Buffer.from(url.password, "hex");
    url.username = url.password = "";
    this.socket = new WebSocket(url, [`devs-key-${this.#nonce.toString("hex")}`], {
      // like the runtime, which names the host without the port
      headers: { origin: `http://${url.hostname}`, host: url.hostname },
      rejectUnauthorized: false,
    });
    this.socket.on("error", () => {});
    this.socket.on("unexpected-response", (_request, { statusCode }) => {
      this.refusal = statusCode;
      this.socket.terminate();
    });
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.proved = new Promise((resolve) => {
      this.socket.on("message", (data: Buffer) => this.#receive(data, resolve));
    });
  }

  /** Sends a ping, as the runtime does every 16 s. */
  ping(): void {
    this.#send(Buffer.from([COMMAND.ping]));
  }

  /** Ends the connection without a word, like a power cut. */
  cutPower(): void {
    this.socket.terminate();
  }

  #send(data: Buffer): void {
    this.socket.send(this.#session!.encrypt(data));
  }

  #receive(data: Buffer, onProved: () => void): void {
    if (data.length > MAX_MESSAGE_BYTES) return this.cutPower();
    if (!this.#session) {
      const seed = seedOf(data);
      if (!seed) return this.cutPower();
      this.#session = new Session("board", this.#key, this.#nonce, seed);
      return this.#send(PROOF);
    }
    const message = this.#session.decrypt(data);
    if (!message) return this.cutPower();
    if (!this.#isProved) {
      if (!message.equals(PROOF)) return this.cutPower();
      this.#isProved = true;
      return onProved();
    }
    this.messages++;
    const [command] = message;
    const answer = this.#execute(command, message.subarray(1));
    if (answer === "cut") return this.cutPower();
    this.#send(answer ? Buffer.concat([Buffer.from([command]), answer]) : Buffer.from([COMMAND.error]));
  }

  /** Executes a command. Returns undefined for an error, and `cut` if the power is cut. */
  #execute(command: number, payload: Buffer): Buffer | "cut" | undefined {
    const { flash, cutAfter = Infinity, onStart } = this.#options;
    switch (command) {
      case COMMAND.getHash:
        return flash.hash;
      case COMMAND.start: {
        const size = payload.readUInt32LE(0);
        if (size % FLASH_ALIGNMENT !== 0) return undefined;
        flash.program = undefined;
        this.#expected = size;
        this.#incoming = [];
        return this.#received >= cutAfter ? "cut" : Buffer.alloc(0);
      }
      case COMMAND.write: {
        if (payload.length % FLASH_ALIGNMENT !== 0) return undefined;
        this.#incoming.push(payload);
        this.#received += payload.length;
        return this.#received >= cutAfter ? "cut" : Buffer.alloc(0);
      }
      case COMMAND.finish: {
        const program = Buffer.concat(this.#incoming);
        if (program.length !== this.#expected) return undefined;
        flash.program = program;
        onStart?.();
        return Buffer.alloc(0);
      }
      default:
        return undefined;
    }
  }
}
