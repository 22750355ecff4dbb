import type { Client } from "aedes";
import { Acknowledgements } from "../mqtt/acknowledgements.js";
import { DUP, QOS_1, RETAIN } from "../mqtt/publish.js";
import type { Rights } from "../security/acl.js";
import type { Subscription } from "./exchange.js";
import type { Flight } from "./flights.js";
import { Line, type Outgoing } from "./outgoing.js";
import type { Pace } from "./pace.js";

/** What is used of aedes' client beside its types. */
interface Inside {
  readonly clean: boolean;
  readonly closed: boolean;
  readonly connected: boolean;
  readonly _parser: {
    readonly _list: { readonly length: number };
    readonly _stateCounter: number;
    parse(bytes: Buffer): number;
  };
  /** The packet identifier of the next message to the client. */
  _nextId: number;
  readonly _keepaliveTimer: { refresh(): void } | null;
  waitForDrain(done: () => void): void;
}

/** What a lane asks, and tells. */
export interface LaneHandlers {
  /** What the client may do; asked once it is connected. */
  rights(client: Client): Rights | undefined;
  /** The client is connected, and what was held back for it until now has been sent. */
  opened(client: Client): void;
  /** Whether a message may go to a session past its queue; if so, it has begun. Gives its number, or 0. */
  begun(client: Client): number;
  /** Such a message is sent again. */
  again(client: Client): void;
  /** The session has acknowledged such a message. */
  ended(client: Client): void;
  /** Whether a message at this QoS may wait for the client in memory; if not, that is dealt with. */
  room(client: Client, qos: number): boolean;
  /** Who is to get a message on this topic; undefined when that takes aedes. */
  takers(topic: string): Takers | undefined;
  /** Takes a reading. It is acknowledged when what is returned is fulfilled, or at once when that is undefined. */
  reading(takers: Takers, topic: string, payload: Buffer, qos: 0 | 1): Promise<void> | undefined;
}

/** Subscriptions of clients that are written to past aedes. */
export type Takers = readonly Subscription<Lane>[];

/** What ends the topic of a reading. */
const TELEMETRY = Buffer.from("/telemetry");
/** The longest topic that is read here, in bytes: that of any board, and far below the most levels that aedes takes. */
const LONGEST = 128;
/** The largest packet of which the beginning is kept here until the rest comes, in bytes. */
const CUT = 512;
/** Readings that may wait to be stored, of one client, until no more is read from it. */
const WAITING = 1000;

const HASH = 35;
const PLUS = 43;
const DOLLAR = 36;

/**
 * One client's way past aedes, for what comes and goes with each reading: PUBLISH on `<id>/telemetry` and PUBACK from the
 * client, lamp commands to it. All other packets go to aedes, as does whatever is not as simple as a board would send
 * it, in the order in which they came.
 */
export class Lane {
  readonly #client: Client & Inside;
  readonly #pace: Pace;
  readonly #payload: number;
  readonly #handlers: LaneHandlers;
  readonly #outgoing: Outgoing;
  readonly #line: Line;
  readonly #parse: (bytes: Buffer) => number;
  readonly #acknowledgements: Acknowledgements;
  /** Messages that are taken, and not acknowledged. */
  #waiting = 0;
  #stopped = false;
  /** Messages of QoS 1 that are on their way through aedes. */
  #detours = 0;
  #settled: (() => void)[] = [];
  #rights: Rights | undefined;
  #open = false;
  #flights: Flight[] = [];
  /** The beginning of a packet that has not come whole. */
  #begun: Buffer | undefined;
  /** The last topic, which is nearly always the next one, too. */
  #topicBytes = Buffer.alloc(0);
  #topic = "";

  /** Takes hold of a new client. @param payload the longest payload that may be published, in bytes */
  constructor(client: Client, pace: Pace, payload: number, outgoing: Outgoing, handlers: LaneHandlers) {
    this.#client = client as Client & Inside;
    this.#pace = pace;
    this.#payload = payload;
    this.#handlers = handlers;
    this.#outgoing = outgoing;
    this.#line = new Line(client.conn, () => this.#client.waitForDrain(() => {}));
    this.#acknowledgements = new Acknowledgements((id) => this.#acknowledge(id));
    const { _parser: parser } = this.#client;
    this.#parse = parser.parse.bind(parser);
    parser.parse = (bytes) => this.#take(bytes);
    // what was held back for it until now leaves before
    client.once("connected", () => setImmediate(() => this.#opened()));
  }

  /** Whether messages may be written to the client past aedes. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether what the client gets is to be kept until it has acknowledged it. */
  get isSession(): boolean {
    return !this.#client.clean;
  }

  get clientId(): string {
    return this.#client.id;
  }

  /** What the session was sent, and has not acknowledged, goes out again, before anything else [MQTT-4.4.0-1]. */
  resume(flights: Flight[]): void {
    this.#flights = flights;
    for (const { packetId, topic, payload } of flights) {
      this.#handlers.again(this.#client);
      this.#pace.sent(1);
      this.#outgoing.publish(this.#line, QOS_1 | DUP, packetId, topic, payload);
    }
    this.#outgoing.flushOne(this.#line);
  }

  mayRead(topic: string): boolean {
    return (this.#rights ?? this.#handlers.rights(this.#client))?.read(topic) ?? false;
  }

  /** Writes a message; to a session as well, which then has to do with its being lost. */
  send(topic: string, payload: Buffer, qos: number, retain = false): void {
    const client = this.#client;
    if (client.closed || !this.#handlers.room(client, qos)) return;
    if (qos > 0) this.#number(topic, payload, retain ? QOS_1 | RETAIN : QOS_1);
    else this.#outgoing.publish(this.#line, retain ? RETAIN : 0, 0, topic, payload);
  }

  /**
   * Sends a message to a session, which is kept until it is acknowledged. False when it has to wait in the queue: others do, or
   * too many are not acknowledged.
   */
  fly(topic: string, payload: Buffer): boolean {
    const client = this.#client;
    if (client.closed) return false;
    const number = this.#handlers.begun(client);
    if (number === 0) return false;
    const packetId = this.#number(topic, payload, QOS_1);
    this.#flights.push({ packetId, number, topic, payload });
    return true;
  }

  /** Gives the packet identifier. */
  #number(topic: string, payload: Buffer, flags: number): number {
    const client = this.#client;
    const id = client._nextId || 1;
    client._nextId = id === 65_535 ? 1 : id + 1;
    this.#pace.sent(1);
    this.#outgoing.publish(this.#line, flags, id, topic, payload);
    return id;
  }

  /** Whether what is written waits for the client to read. */
  get isFull(): boolean {
    return this.#client.conn.writableNeedDrain;
  }

  /** Fulfilled when the client has read that, or is gone. Only when it is full. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#client.waitForDrain(resolve));
  }

  /** A message of QoS 1 goes by aedes. Fulfilled when all before it are acknowledged; undefined when they are [MQTT-4.6.0-2]. */
  detour(): Promise<void> | undefined {
    this.#detours++;
    return this.#waiting === 0 ? undefined : new Promise((resolve) => this.#settled.push(resolve));
  }

  /** Aedes is about to acknowledge it. */
  detoured(): void {
    this.#detours--;
    this.#outgoing.flushOne(this.#line);
  }

  #opened(): void {
    this.#rights = this.#handlers.rights(this.#client);
    this.#open = this.#rights !== undefined && !this.#client.closed;
    if (this.#open) this.#handlers.opened(this.#client);
  }

  #acknowledge(id: number): void {
    if (!this.#client.closed) this.#outgoing.puback(this.#line, id);
    if (--this.#waiting > 0) return;
    for (const resolve of this.#settled.splice(0)) resolve();
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#pace.goOn();
  }

  /** Bytes have come, and no packet is worked upon. */
  #take(chunk: Buffer): number {
    const client = this.#client;
    const bytes = this.#begun ? Buffer.concat([this.#begun, chunk]) : chunk;
    this.#begun = undefined;
    const { _list: list, _stateCounter: state } = client._parser;
    if (!this.#open || list.length > 0 || state > 0 || this.#pace.holds) return this.#parse(bytes);
    let at = 0;
    for (let next = this.#packet(bytes, 0); next > at; next = this.#packet(bytes, at)) at = next;
    if (at > 0) client._keepaliveTimer?.refresh();
    if (this.#waiting > WAITING && !this.#stopped) {
      this.#stopped = true;
      this.#pace.stop();
    }
    if (at === bytes.length) return 0;
    const rest = at === 0 ? bytes : bytes.subarray(at);
    if (!isCut(rest)) return this.#parse(rest);
    this.#begun = rest;
    return 0;
  }

  /** Deals with the packet at a place. Gives the place after it; the same place when it is aedes'. */
  #packet(bytes: Buffer, at: number): number {
    const first = bytes[at];
    if (first === 0x30 || (first | 8) === 0x3a) return this.#publish(bytes, at, first);
    const isAck = first === 0x40 && bytes[at + 1] === 2 && at + 4 <= bytes.length;
    return isAck && this.#acknowledged((bytes[at + 2] << 8) | bytes[at + 3]) ? at + 4 : at;
  }

  /** PUBACK: false when aedes has to deal with it. */
  #acknowledged(packetId: number): boolean {
    // of what is not stored it has no effect
    if (this.#client.clean) return this.#pace.acknowledged();
    const place = this.#flights.findIndex((flight) => flight.packetId === packetId);
    if (place < 0) return false;
    this.#flights.splice(place, 1);
    this.#pace.acknowledged();
    this.#handlers.ended(this.#client);
    return true;
  }

  /** A PUBLISH at QoS 0 or 1, not retained: MQTT 3.1.1, 3.3. */
  #publish(bytes: Buffer, at: number, first: number): number {
    let begin = at + 2;
    let length = bytes[at + 1];
    if (length > 127) {
      if (bytes[begin] > 127) return at;
      length = (length & 127) | (bytes[begin++] << 7);
    }
    const end = begin + length;
    const topicLength = (bytes[begin] << 8) | bytes[begin + 1];
    begin += 2;
    const numbered = first === 0x30 ? 0 : 2;
    const payload = begin + topicLength + numbered;
    // a comparison with NaN is false
    if (!(end <= bytes.length && payload <= end && end - payload <= this.#payload)) return at;
    const id = numbered && (bytes[payload - 2] << 8) | bytes[payload - 1];
    const topic = this.#topicOf(bytes, begin, topicLength);
    if (!topic || !this.#rights!.publish(topic)) return at;
    // one after a message that aedes has not acknowledged is not to be acknowledged before it [MQTT-4.6.0-2]
    if (numbered > 0 && (id === 0 || this.#detours > 0)) return at;
    const takers = this.#handlers.takers(topic);
    if (!takers || !this.#pace.pay(1)) return at;
    const taken = this.#handlers.reading(takers, topic, bytes.subarray(payload, end), numbered ? 1 : 0);
    if (numbered) {
      this.#waiting++;
      this.#acknowledgements.add(id, taken);
    }
    return end;
  }

  /** The topic, if it is one on which readings come: `<id>/telemetry`, in printable ASCII; "" otherwise. */
  #topicOf(bytes: Buffer, begin: number, length: number): string {
    const last = this.#topicBytes;
    if (length === last.length) {
      let n = 0;
      while (n < length && bytes[begin + n] === last[n]) n++;
      if (n === length) return this.#topic;
    }
    const id = length - TELEMETRY.length;
    if (id < 1 || length > LONGEST || bytes[begin] === DOLLAR) return "";
    for (let n = 0; n < TELEMETRY.length; n++) if (bytes[begin + id + n] !== TELEMETRY[n]) return "";
    for (let n = begin; n < begin + id; n++) {
      const c = bytes[n];
      if (c < 32 || c > 126 || c === HASH || c === PLUS) return "";
    }
    this.#topicBytes = Buffer.from(bytes.subarray(begin, begin + length));
    return (this.#topic = bytes.toString("latin1", begin, begin + length));
  }
}

/** Whether this is the beginning of a small packet of a kind that is dealt with here. */
function isCut(rest: Buffer): boolean {
  const first = rest[0];
  if (first !== 0x30 && (first | 8) !== 0x3a && first !== 0x40) return false;
  const header = rest[1] > 127 ? 3 : 2;
  if (rest.length < header) return true;
  const length = header === 2 ? rest[1] : (rest[1] & 127) | (rest[2] << 7);
  return length <= CUT && rest.length < header + length;
}
