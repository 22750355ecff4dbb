import type { Duplex } from "node:stream";
import { publishRoom, writePublish } from "../mqtt/publish.js";

/** The size of the pieces that packets are gathered in, in bytes: a client that does not read keeps one. */
const PIECE = 16_384;

/** Where one client's packets of a turn are. */
export class Line {
  /** What is in earlier pieces, or has another client's packets behind it: seldom anything. */
  #parts: Buffer[] | undefined;
  /** Its last packets: from here to there in the piece; -1 when it has none. */
  start = -1;
  end = -1;

  /** @param full told when the client does not keep up */
  constructor(
    readonly conn: Duplex,
    readonly full: () => void,
  ) {}

  /** What comes next is elsewhere. */
  keep(part: Buffer): void {
    (this.#parts ??= []).push(part);
  }

  /** Nothing is on its way any more: gives what came before the last packets. */
  take(): Buffer[] | undefined {
    const parts = this.#parts;
    this.#parts = undefined;
    this.start = this.end = -1;
    return parts;
  }
}

/**
 * Packets on their way to the clients. Those of one turn of the event loop leave in one write for each client, because
 * a system call costs many times what a packet does.
 */
export class Outgoing {
  #piece = Buffer.allocUnsafeSlow(PIECE);
  #end = 0;
  #due: Line[] = [];
  readonly #before: () => void;

  /** @param before called before anything leaves */
  constructor(before: () => void) {
    this.#before = before;
  }

  /** PUBLISH. @param flags see `writePublish` */
  publish(line: Line, flags: number, id: number, topic: string, payload: Buffer): void {
    const at = this.#begin(line, publishRoom(topic, payload));
    line.end = this.#end = writePublish(this.#piece, at, flags, id, topic, payload);
  }

  /** PUBACK: MQTT 3.1.1, 3.4. */
  puback(line: Line, id: number): void {
    const at = this.#begin(line, 4);
    const to = this.#piece;
    to[at] = 0x40;
    to[at + 1] = 2;
    to[at + 2] = id >> 8;
    to[at + 3] = id & 255;
    line.end = this.#end = at + 4;
  }

  /** Hands over what was gathered. */
  readonly flush = (): void => {
    const due = this.#due;
    this.#due = [];
    this.#before();
    for (const line of due) this.#leave(line);
  };

  /** Hands over what was gathered for one client. */
  flushOne(line: Line): void {
    this.#before();
    this.#leave(line);
  }

  #leave(line: Line): void {
    if (line.start < 0) return;
    const last = this.#piece.subarray(line.start, line.end);
    const parts = line.take();
    const { conn } = line;
    if (!conn.writable) return;
    // what waits for long must not keep a whole piece, which would be many times as large
    const behind = conn.writableLength > 0;
    if (parts) conn.cork();
    for (const part of parts ?? []) conn.write(behind ? Buffer.from(part) : part);
    const room = conn.write(behind ? Buffer.from(last) : last);
    if (parts) conn.uncork();
    if (!room) line.full();
  }

  /** Where a packet of up to so many bytes goes. */
  #begin(line: Line, bytes: number): number {
    if (this.#end + bytes > this.#piece.length) {
      this.flush();
      // what was handed over is the sockets' until it is written
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE, bytes));
      this.#end = 0;
    }
    if (line.start < 0) {
      if (this.#due.length === 0) setImmediate(this.flush);
      this.#due.push(line);
      line.start = this.#end;
    } else if (line.end !== this.#end) {
      line.keep(this.#piece.subarray(line.start, line.end));
      line.start = this.#end;
    }
    return this.#end;
  }
}
