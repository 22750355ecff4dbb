import type { Client } from "aedes";
import type { TakeReading } from "../link/link.js";
import type { Lane, Takers } from "./lane.js";
import type { Pace } from "./pace.js";

/** What is used of aedes' client beside its types. */
interface Inside {
  readonly _parser: {
    readonly _list: { readonly length: number };
    readonly _stateCounter: number;
    parse(bytes: Buffer): number;
  };
  readonly _keepaliveTimer: { refresh(): void } | null;
  /** How many packets aedes works upon. */
  readonly _parsingBatch: number;
}

/** Who deals with messages. */
export interface IntakeHandlers {
  /** Who is to get a message on this topic, whose last level is given as well; undefined when that takes aedes. */
  takers(topic: string, level: string): Takers | undefined;
  /**
   * Takes a message. It is acknowledged when what is returned is fulfilled, or at once when that is undefined.
   * @param reading by which the server takes it, when it is one more reading of the same device
   */
  message(
    takers: Takers,
    topic: string,
    payload: Buffer,
    qos: 0 | 1,
    retained: boolean,
    reading: TakeReading | undefined,
  ): Promise<void> | undefined;
  /** By which the server takes the readings that come on a topic. */
  readings(topic: string): TakeReading;
}

/** What ends the topics that are read here. */
interface End {
  readonly level: string;
  readonly bytes: Buffer;
}

const endOf = (level: string): End => ({ level, bytes: Buffer.from(`/${level}`) });
const READINGS = endOf("telemetry");
/** What is not retained, and what is. */
const ENDS = [READINGS, endOf("status")] as const;
/** The longest topic that is read here, in bytes: that of any board, and far below the most levels that aedes takes. */
const LONGEST = 128;
/** The largest packet of which the beginning is kept here until the rest comes, in bytes. */
const CUT = 512;

const HASH = 35;
const PLUS = 43;
const DOLLAR = 36;

/**
 * Reads what comes from one client with each reading: PUBLISH on `<id>/telemetry` and, when the lamp was switched, retained on
 * `<id>/status`; PUBACK. All other packets go to aedes, as does whatever is not as simple as a board would send it, in the order
 * in which they came.
 */
export class Intake {
  readonly #client: Client & Inside;
  readonly #lane: Lane;
  readonly #pace: Pace;
  readonly #payload: number;
  readonly #handlers: IntakeHandlers;
  readonly #parse: (bytes: Buffer) => number;
  readonly #push: (chunk: unknown, encoding?: BufferEncoding) => boolean;
  /** The beginning of a packet that has not come whole. */
  #begun: Buffer | undefined;
  /** The last topic, which is nearly always the next one, too. */
  #topic = "";
  #topicEnd: End = READINGS;
  #reading: TakeReading | undefined;
  /** Whether aedes may still have something of what was passed on to it: otherwise it need not be asked. */
  #passed = true;

  /** Takes hold of a new client. @param payload the longest payload that may be published, in bytes */
  constructor(client: Client, lane: Lane, pace: Pace, payload: number, handlers: IntakeHandlers) {
    this.#client = client as Client & Inside;
    this.#lane = lane;
    this.#pace = pace;
    this.#payload = payload;
    this.#handlers = handlers;
    const { _parser: parser, conn } = this.#client;
    this.#parse = parser.parse.bind(parser);
    parser.parse = (bytes) => this.#take(bytes);
    this.#push = conn.push.bind(conn);
    conn.push = (chunk: unknown, encoding?: BufferEncoding) => this.#arrived(chunk, encoding);
  }

  /**
   * The socket has something for its stream. Bytes are read at once where aedes would: what goes through the stream is read
   * after this turn, by way of its own buffers and events. False: there is enough for now.
   */
  #arrived(chunk: unknown, encoding: BufferEncoding | undefined): boolean {
    const { conn, _parsingBatch: busy } = this.#client;
    const isBehind = busy > 0 || (this.#passed && conn.readableLength > 0);
    const rest = isBehind || !(chunk instanceof Buffer) ? chunk : this.#read(chunk);
    if (rest === undefined) return true;
    this.#passed = true;
    return this.#push(rest, encoding);
  }

  /** Bytes have come through the stream, and aedes would read them now. */
  #take(chunk: Buffer): number {
    const rest = this.#read(chunk);
    if (rest === undefined) return 0;
    this.#passed = true;
    return this.#parse(rest);
  }

  /** Whether aedes, or who slows the client down, is to have what comes next, because it has not done with what came before. */
  #isBehind(): boolean {
    const { _parser: parser, conn } = this.#client;
    if (parser._list.length > 0 || parser._stateCounter > 0 || this.#pace.holds) return true;
    this.#passed = conn.readableLength > 0;
    return false;
  }

  /** Reads what is read here; gives what is aedes'. */
  #read(chunk: Buffer): Buffer | undefined {
    const { _keepaliveTimer: keepAlive } = this.#client;
    const bytes = this.#begun ? Buffer.concat([this.#begun, chunk]) : chunk;
    this.#begun = undefined;
    if (!this.#lane.open || (this.#passed && this.#isBehind())) return bytes;
    let at = 0;
    for (let next = this.#packet(bytes, 0); next > at; next = this.#packet(bytes, at)) at = next;
    if (at > 0) keepAlive?.refresh();
    if (at === bytes.length) return undefined;
    const rest = at === 0 ? bytes : bytes.subarray(at);
    if (!isCut(rest)) return rest;
    this.#begun = rest;
    return undefined;
  }

  /** Deals with the packet at a place. Gives the place after it; the same place when it is aedes'. */
  #packet(bytes: Buffer, at: number): number {
    const first = bytes[at];
    if (isPublish(first)) return this.#publish(bytes, at, first);
    const isAck = first === 0x40 && bytes[at + 1] === 2 && at + 4 <= bytes.length;
    return isAck && this.#lane.acknowledged((bytes[at + 2] << 8) | bytes[at + 3]) ? at + 4 : at;
  }

  /** A PUBLISH: MQTT 3.1.1, 3.3. */
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
    const retained = first & 1;
    // without a payload it ends what is retained
    if (retained && payload === end) return at;
    const topicEnd = ENDS[retained];
    const topic = this.#topicOf(bytes, begin, topicLength, topicEnd);
    if (!topic || !this.#lane.mayPublish(topic)) return at;
    // one after a message that aedes has not acknowledged is not to be acknowledged before it [MQTT-4.6.0-2]
    if (numbered > 0 && (id === 0 || this.#lane.isDetoured)) return at;
    const takers = this.#handlers.takers(topic, topicEnd.level);
    if (!takers || !this.#pace.pay(1)) return at;
    const content = bytes.subarray(payload, end);
    const taken = this.#handlers.message(takers, topic, content, numbered ? 1 : 0, retained === 1, this.#reading);
    if (numbered) this.#lane.taken(id, taken);
    return end;
  }

  /** The topic, if it is one that is read here: an id in printable ASCII, and this end; "" otherwise. */
  #topicOf(bytes: Buffer, begin: number, length: number, end: End): string {
    const last = this.#topic;
    if (length === last.length && end === this.#topicEnd) {
      let n = 0;
      while (n < length && bytes[begin + n] === last.charCodeAt(n)) n++;
      if (n === length) {
        if (end === READINGS) this.#reading ??= this.#handlers.readings(last);
        return last;
      }
    }
    const { bytes: expected } = end;
    const id = length - expected.length;
    if (id < 1 || length > LONGEST || bytes[begin] === DOLLAR) return "";
    for (let n = 0; n < expected.length; n++) if (bytes[begin + id + n] !== expected[n]) return "";
    for (let n = begin; n < begin + id; n++) {
      const c = bytes[n];
      if (c < 32 || c > 126 || c === HASH || c === PLUS) return "";
    }
    this.#topicEnd = end;
    this.#reading = undefined;
    return (this.#topic = bytes.toString("latin1", begin, begin + length));
  }
}

/** PUBLISH at QoS 0, not retained, or at QoS 1. */
const isPublish = (first: number): boolean => first === 0x30 || (first & 0xf6) === 0x32;

/** Whether this is the beginning of a small packet of a kind that is dealt with here. */
function isCut(rest: Buffer): boolean {
  const first = rest[0];
  if (!isPublish(first) && first !== 0x40) return false;
  const header = rest[1] > 127 ? 3 : 2;
  if (rest.length < header) return true;
  const length = header === 2 ? rest[1] : (rest[1] & 127) | (rest[2] << 7);
  return length <= CUT && rest.length < header + length;
}
