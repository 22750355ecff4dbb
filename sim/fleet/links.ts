/** Manages the connections of a fleet: assigns devices to connections, connects, and reconnects after a loss. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type ConnectionHandlers, type Span } from "./connection.js";
import type { Broker } from "./transport.js";

/** Number of connections that are established at the same time. */
const STARTING = 32;
/** Shortest delay before a reconnect, in ms. A random time of up to the same length is added (jitter). */
const RETRY = 1000;
/** Interval between two PINGREQ packets on each connection, in ms. */
const PING_EVERY = 20_000;

/** Callbacks of the connections of a fleet. */
export interface LinksHandlers {
  /** Called for each received message. */
  readonly message: ConnectionHandlers["message"];
  /** Returns the topic filters of a device. */
  filters(device: number): string[];
  /** Called when a device is connected. Messages that it publishes here are acknowledged before `ready` counts it. */
  up(device: number): void;
  /** Called when a device loses its connection. */
  down(device: number): void;
}

/** The shared connections of a fleet. */
export class Links {
  /** Number of established connections. */
  connected = 0;
  /** Number of devices on established connections. */
  ready = 0;
  /** Number of connection losses. */
  lost = 0;
  readonly #connections: Connection[];
  readonly #devices: number;
  readonly #handlers: LinksHandlers;
  readonly #pinging: NodeJS.Timeout;
  readonly #up = new Set<number>();
  #ending = false;

  constructor(broker: Broker, devices: number, connections: number, handlers: LinksHandlers) {
    this.#devices = devices;
    this.#handlers = handlers;
    const run = randomInt(2 ** 31).toString(36);
    const { message } = handlers;
    this.#connections = Array.from(
      { length: connections },
      (_, n) => new Connection(broker, `fleet-${run}-${n}`, { message, lost: () => this.#lost(n) }),
    );
    this.#pinging = setInterval(() => this.#connections.forEach((connection) => connection.ping()), PING_EVERY);
  }

  /** Number of connections, established or not. */
  get count(): number {
    return this.#connections.length;
  }

  /** Number of QoS 1 messages that the broker has not acknowledged. */
  get unacknowledged(): number {
    return this.#connections.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);
  }

  /** Returns the connection that carries a device. */
  of(device: number): Connection {
    return this.#connections[Math.floor((device * this.count) / this.#devices)];
  }

  /**
   * Establishes all connections.
   * @param ramp shortest duration of the whole process, in ms
   * @throws Error when a connection fails; the caller must close the others
   */
  async start(ramp: number): Promise<void> {
    const began = performance.now();
    const waiting = this.#connections.keys();
    const work = async (): Promise<void> => {
      for (const n of waiting) {
        const wait = began + (n / this.count) * ramp - performance.now();
        if (wait > 0) await sleep(wait);
        if (this.#ending) return;
        await this.#connect(n);
      }
    };
    await Promise.all(Array.from({ length: Math.min(STARTING, this.count) }, work));
  }

  /** Stops reconnecting: a connection that is lost from now on stays closed. */
  farewell(): void {
    this.#ending = true;
  }

  /**
   * Calls a function that publishes messages for each device. Resolves when the broker has acknowledged all of them.
   * Limits the number of connections that publish at the same time, so that the broker is not overloaded.
   */
  async each(say: (device: number) => void): Promise<void> {
    for (const [n] of this.#connections.entries()) {
      const [from, to] = this.#devicesOf(n);
      for (let device = from; device < to; device++) say(device);
      if (n >= STARTING) await this.#connections[n - STARTING].settled();
    }
    for (const connection of this.#connections) await connection.settled();
  }

  /** Closes all connections. */
  close(): void {
    this.#ending = true;
    clearInterval(this.#pinging);
    for (const connection of this.#connections) connection.end();
  }

  /** Returns the range of device numbers on a connection: start (inclusive) and end (exclusive). */
  #devicesOf(n: number): Span {
    return [Math.ceil((n * this.#devices) / this.count), Math.ceil(((n + 1) * this.#devices) / this.count)];
  }

  async #connect(n: number): Promise<void> {
    const connection = this.#connections[n];
    const [from, to] = this.#devicesOf(n);
    await connection.connect();
    const filters: string[] = [];
    for (let device = from; device < to; device++) filters.push(...this.#handlers.filters(device));
    await connection.subscribe(filters, 1);
    for (let device = from; device < to; device++) this.#handlers.up(device);
    await connection.settled();
    if (!connection.open) throw new Error("The connection was lost before the broker acknowledged all messages.");
    this.#up.add(n);
    this.connected++;
    this.ready += to - from;
  }

  #lost(n: number): void {
    const [from, to] = this.#devicesOf(n);
    for (let device = from; device < to; device++) this.#handlers.down(device);
    this.lost++;
    // #connect() reports a connection that is lost before it is fully established
    if (!this.#up.delete(n)) return;
    this.connected--;
    this.ready -= to - from;
    this.#retry(n);
  }

  #retry(n: number): void {
    const again = (): void => {
      if (!this.#ending) this.#connect(n).catch(() => this.#retry(n));
    };
    setTimeout(again, RETRY * (1 + Math.random())).unref();
  }
}
