/** The byte transport of esptool-js for a board: fails at once when the port is lost, and remembers what the board printed. */
import { ESPError, Transport } from "esptool-js";
import { sleep, waitAtMost } from "../sleep.js";
import type { WebSerialPort } from "./flasher.js";

/** The board's port disappeared. */
export class PortLostError extends Error {
  constructor() {
    super("the port disappeared");
  }
}

/** A failure to open the port, with the reason as `cause`. */
export class PortOpenError extends Error {}

/** The byte that begins and ends each packet (SLIP, RFC 1055). */
const PACKET_END = 0xc0;
/** The second byte of a packet to the board, which a short circuit may return, and of a packet from the board. */
const REQUEST = 0x00;
const ANSWER = 0x01;
/** What only a program or the ROM prints, not noise at a reset. */
const TEXT = /[ -~]{4}/;
/** Number of characters of the board's latest output that are kept. */
const MAX_PRINTED = 4096;
/** The time limit in ms of esptool-js for the answers to its first packets, which it repeats. */
const SYNC_TIMEOUT = 100;
/** The shortest time limit in ms for other answers: 200 ms of esptool-js are too short for a busy computer. */
const MIN_ANSWER_TIMEOUT = 3000;
/** Time limit in ms for closing the port. */
const CLOSE_TIMEOUT = 1000;

export class BoardTransport extends Transport {
  /** What the board printed instead of answers: at most its latest 4096 characters. */
  printed = "";
  /** While true, all transfers and signals fail. This ends the work of esptool-js after a cancellation. */
  isStopped = false;
  readonly #lost = new AbortController();

  constructor(port: WebSerialPort) {
    super(port);
    port.addEventListener("disconnect", () => this.#lost.abort(new PortLostError()), { once: true });
  }

  /** Aborted with a `PortLostError` when the port is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Opens the port. @throws PortOpenError, which is recognizable among the errors of esptool-js */
  override connect(...options: Parameters<Transport["connect"]>): Promise<void> {
    return super.connect(...options).catch((cause: unknown) => {
      throw new PortOpenError("the port cannot be opened", { cause });
    });
  }

  /** Discards trace messages: the base class prints some of them even when tracing is off. */
  override trace(): void {}

  /** esptool-js discards the input before each of its first packets, and so what a board has printed. */
  override flushInput(): void {
    this.#rememberPrinted();
    super.flushInput();
  }

  /**
   * Reads a packet. The base class would wait for the whole time limit after the port is lost, and its time limit would
   * begin again with each byte, so that a board that keeps printing would never end the wait.
   */
  override async read(timeout: number): Promise<Uint8Array> {
    const limit = timeout <= SYNC_TIMEOUT ? timeout : Math.max(timeout, MIN_ANSWER_TIMEOUT);
    const deadline = performance.now() + limit;
    while (!this.#isPacketComplete()) {
      this.#throwIfEnded();
      if (performance.now() >= deadline) {
        const received = this.inWaiting();
        this.flushInput();
        throw new ESPError(received > 0 ? "No serial data received: the packet has no end." : "Serial data stream stopped."); // prettier-ignore
      }
      await sleep(1);
    }
    this.#rememberPrinted();
    return super.read(timeout);
  }

  /** Returns whether the received bytes contain a packet, or begin with a byte with which no packet begins. */
  #isPacketComplete(): boolean {
    const bytes = this.peek();
    return bytes.length > 0 && (bytes[0] !== PACKET_END || bytes.includes(PACKET_END, 1));
  }

  /** Remembers the received bytes if they contain text: what a board prints may arrive long after its reset. */
  #rememberPrinted(): void {
    const bytes = this.peek();
    const isPacket = bytes[0] === PACKET_END && (bytes[1] === REQUEST || bytes[1] === ANSWER);
    const text = String.fromCharCode(...bytes.subarray(-MAX_PRINTED));
    if (!isPacket && TEXT.test(text)) this.printed = (this.printed + text).slice(-MAX_PRINTED);
  }

  /** Closes the port. Never rejects. If the port does not finish sending, closes it after a short wait. */
  async closePort(): Promise<void> {
    this.isStopped = true;
    await waitAtMost(this.disconnect(), CLOSE_TIMEOUT).catch(() => {});
    // closes a port whose streams are still in use, where the system allows that
    await this.device.close().catch(() => {});
  }

  override async write(data: Uint8Array): Promise<void> {
    this.#throwIfEnded();
    await super.write(data);
  }

  override async setSignals(...signals: Parameters<Transport["setSignals"]>): Promise<void> {
    this.#throwIfEnded();
    await super.setSignals(...signals);
  }

  override async setDTR(state: boolean): Promise<void> {
    this.#throwIfEnded();
    await super.setDTR(state);
  }

  override async setRTS(state: boolean): Promise<void> {
    this.#throwIfEnded();
    await super.setRTS(state);
  }

  #throwIfEnded(): void {
    this.lost.throwIfAborted();
    if (this.isStopped) throw new Error("the connection to the board was closed");
  }
}
