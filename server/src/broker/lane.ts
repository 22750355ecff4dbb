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
  /** The packet identifier of the next message to the client. */
  _nextId: number;
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
}

/** Subscriptions of clients that are written to past aedes. */
export type Takers = readonly Subscription<Lane>[];

/** Readings that may wait to be stored, of one client, until no more is read from it. */
const WAITING = 1000;

/** One client's way past aedes: what it is sent, what is acknowledged to it, and by it, in order with what aedes does. */
export class Lane {
  readonly #client: Client & Inside;
  readonly #pace: Pace;
  readonly #handlers: LaneHandlers;
  readonly #outgoing: Outgoing;
  readonly #line: Line;
  readonly #acknowledgements: Acknowledgements;
  /** Messages that are taken, and not acknowledged. */
  #waiting = 0;
  #stopped = false;
  /** Messages of QoS 1 that are on their way through aedes. */
  #detours = 0;
  #lastDetour: Promise<unknown> | undefined;
  #settled: (() => void)[] = [];
  #rights: Rights | undefined;
  #open = false;
  #flights: Flight[] = [];

  /** For a new client. */
  constructor(client: Client, pace: Pace, outgoing: Outgoing, handlers: LaneHandlers) {
    this.#client = client as Client & Inside;
    this.#pace = pace;
    this.#handlers = handlers;
    this.#outgoing = outgoing;
    this.#line = new Line(client.conn, () => this.#client.waitForDrain(() => {}));
    this.#acknowledgements = new Acknowledgements((id) => this.#acknowledge(id));
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

  mayPublish(topic: string): boolean {
    return this.#rights!.publish(topic);
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

  /** Aedes sends the client a message at this QoS, which it is to acknowledge. */
  owes(qos: number): void {
    this.#pace.sent(qos);
  }

  /** Whether what is written waits for the client to read. */
  get isFull(): boolean {
    return this.#client.conn.writableNeedDrain;
  }

  /** Fulfilled when the client has read that, or is gone. Only when it is full. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#client.waitForDrain(resolve));
  }

  /**
   * A message of QoS 1 goes by aedes. Fulfilled when it is its turn to be acknowledged [MQTT-4.6.0-2]; rejects when `ready`, which
   * it waits for as well, does.
   */
  detour(ready: Promise<unknown>): Promise<unknown> {
    this.#detours++;
    const before = this.#waiting > 0 && new Promise<void>((resolve) => this.#settled.push(resolve));
    const turn = Promise.all([ready, this.#lastDetour, before]);
    this.#lastDetour = turn.catch(() => {});
    return turn;
  }

  /** Whether such a message is not acknowledged yet. */
  get isDetoured(): boolean {
    return this.#detours > 0;
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

  /** A message of QoS 1 was taken, and is to be acknowledged when `stored` is fulfilled; at once when that is undefined. */
  taken(id: number, stored: Promise<void> | undefined): void {
    this.#waiting++;
    this.#acknowledgements.add(id, stored);
    if (this.#waiting <= WAITING || this.#stopped) return;
    this.#stopped = true;
    this.#pace.stop();
  }

  #acknowledge(id: number): void {
    if (!this.#client.closed) this.#outgoing.puback(this.#line, id);
    if (--this.#waiting > 0) return;
    for (const resolve of this.#settled.splice(0)) resolve();
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#pace.goOn();
  }

  /** The client has acknowledged a message: false when aedes has to deal with it. */
  acknowledged(packetId: number): boolean {
    // of what is not stored it has no effect
    if (this.#client.clean) return this.#pace.acknowledged();
    const place = this.#flights.findIndex((flight) => flight.packetId === packetId);
    if (place < 0) return false;
    this.#flights.splice(place, 1);
    this.#pace.acknowledged();
    this.#handlers.ended(this.#client);
    return true;
  }
}
