/** The connections of a fleet: which device is on which, and how they come up, get lost and come back. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type ConnectionHandlers, type Span } from "./connection.js";
import type { Broker } from "./transport.js";

/** How many connections are made at once. */
const STARTING = 32;
/** When a lost connection is made again, in ms: this, and at random up to as much again. */
const RETRY = 1000;
const PING_EVERY = 20_000;

export interface LinksHandlers {
  readonly message: ConnectionHandlers["message"];
  /** What a device subscribes to. */
  filters(device: number): string[];
  /** A device can speak: what it says here is acknowledged before its connection counts as up. */
  up(device: number): void;
  /** A device has lost its connection. */
  down(device: number): void;
}

export class Links {
  /** Connections that are up, and the devices on them. */
  connected = 0;
  ready = 0;
  /** How often a connection was lost. */
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

  get count(): number {
    return this.#connections.length;
  }

  /** Messages at QoS 1 that the broker has not acknowledged. */
  get unacknowledged(): number {
    return this.#connections.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);
  }

  /** The connection of a device. */
  of(device: number): Connection {
    return this.#connections[Math.floor((device * this.count) / this.#devices)];
  }

  /**
   * Connects all of them.
   * @param ramp over how long at least, in ms
   * @throws Error when a connection is not let in; those that were, are to be ended
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

  /** What is lost from now on stays so. */
  farewell(): void {
    this.#ending = true;
  }

  /** Has each device say something, a few connections at a time, so that the broker is not drowned; until all is acknowledged. */
  async each(say: (device: number) => void): Promise<void> {
    for (const [n] of this.#connections.entries()) {
      const [from, to] = this.#devicesOf(n);
      for (let device = from; device < to; device++) say(device);
      if (n >= STARTING) await this.#connections[n - STARTING].settled();
    }
    for (const connection of this.#connections) await connection.settled();
  }

  close(): void {
    this.#ending = true;
    clearInterval(this.#pinging);
    for (const connection of this.#connections) connection.end();
  }

  /** The devices of a connection: the first, and the one behind the last. */
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
    if (!connection.open) throw new Error("The connection was lost before all was said on it.");
    this.#up.add(n);
    this.connected++;
    this.ready += to - from;
  }

  #lost(n: number): void {
    const [from, to] = this.#devicesOf(n);
    for (let device = from; device < to; device++) this.#handlers.down(device);
    this.lost++;
    // one that is lost while it comes up, is for those who bring it up
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
