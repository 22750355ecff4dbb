/** Manages the connections of a fleet: assigns devices to connections, connects, and reconnects after a loss. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SharedConnection, type SharedConnectionHandlers, type ByteRange } from "./connection.js";
import type { Broker } from "./transport.js";

/** Largest number of connections that connect at the same time, and that publish at the same time. */
const MAX_PARALLEL_CONNECTIONS = 32;
/** Shortest delay before a reconnect, in ms. A random time of up to the same length is added (jitter). */
const RECONNECT_DELAY = 1000;
/** Interval between two PINGREQ packets on each connection, in ms. */
const PING_INTERVAL = 20_000;

/** Callbacks of the connections of a fleet. */
export interface ConnectionPoolHandlers {
  /** Called for each message that any connection receives. */
  readonly message: SharedConnectionHandlers["message"];
  /** Returns the topic filters of a device. */
  filtersOf(device: number): string[];
  /**
   * Called when a device is connected. `devicesReady` includes the device once the broker has acknowledged all messages
   * that this callback published.
   */
  deviceConnected(device: number): void;
  /** Called when a device loses its connection. */
  deviceDisconnected(device: number): void;
}

/** The shared connections of a fleet. */
export class ConnectionPool {
  /** Number of established connections. */
  connected = 0;
  /** Number of devices whose connection is established and has all its initial messages acknowledged. */
  devicesReady = 0;
  /** Number of times that an established connection was lost. */
  lost = 0;
  readonly #connections: SharedConnection[];
  readonly #devices: number;
  readonly #handlers: ConnectionPoolHandlers;
  readonly #pingTimer: NodeJS.Timeout;
  readonly #established = new Set<number>();
  #isEnding = false;

  constructor(broker: Broker, devices: number, connections: number, handlers: ConnectionPoolHandlers) {
    this.#devices = devices;
    this.#handlers = handlers;
    const run = randomInt(2 ** 31).toString(36);
    const { message } = handlers;
    this.#connections = Array.from(
      { length: connections },
      (_, n) => new SharedConnection(broker, `fleet-${run}-${n}`, { message, lost: () => this.#connectionLost(n) }),
    );
    this.#pingTimer = setInterval(() => this.#connections.forEach((connection) => connection.ping()), PING_INTERVAL);
  }

  /** Number of connections, established or not. */
  get count(): number {
    return this.#connections.length;
  }

  /** Number of QoS 1 messages that the broker has not acknowledged. */
  get unacknowledgedCount(): number {
    return this.#connections.reduce((sum, { unacknowledgedCount }) => sum + unacknowledgedCount, 0);
  }

  /** Returns the connection that carries a device. */
  connectionOf(device: number): SharedConnection {
    return this.#connections[Math.floor((device * this.count) / this.#devices)];
  }

  /**
   * Establishes all connections.
   * @param ramp shortest duration of the whole process, in ms
   * @throws Error when a connection fails; the caller must then close the other connections
   */
  async start(ramp: number): Promise<void> {
    const startedAt = performance.now();
    const remaining = this.#connections.keys();
    const connectNext = async (): Promise<void> => {
      for (const n of remaining) {
        const wait = startedAt + (n / this.count) * ramp - performance.now();
        if (wait > 0) await sleep(wait);
        if (this.#isEnding) return;
        await this.#connect(n);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL_CONNECTIONS, this.count) }, connectNext));
  }

  /** Stops reconnecting: a connection that is lost after this call stays closed. */
  stopReconnecting(): void {
    this.#isEnding = true;
  }

  /**
   * Calls `publish` for each device. Resolves when the broker has acknowledged all published messages.
   * Limits the number of connections that publish at the same time, so that the broker is not overloaded.
   */
  async publishForEach(publish: (device: number) => void): Promise<void> {
    for (const [n] of this.#connections.entries()) {
      const [from, to] = this.#deviceRange(n);
      for (let device = from; device < to; device++) publish(device);
      if (n >= MAX_PARALLEL_CONNECTIONS) await this.#connections[n - MAX_PARALLEL_CONNECTIONS].waitForAcknowledgments();
    }
    for (const connection of this.#connections) await connection.waitForAcknowledgments();
  }

  close(): void {
    this.#isEnding = true;
    clearInterval(this.#pingTimer);
    for (const connection of this.#connections) connection.end();
  }

  /** Returns the range of device numbers on a connection: start (inclusive) and end (exclusive). */
  #deviceRange(n: number): ByteRange {
    return [Math.ceil((n * this.#devices) / this.count), Math.ceil(((n + 1) * this.#devices) / this.count)];
  }

  async #connect(n: number): Promise<void> {
    const connection = this.#connections[n];
    const [from, to] = this.#deviceRange(n);
    await connection.connect();
    const filters: string[] = [];
    for (let device = from; device < to; device++) filters.push(...this.#handlers.filtersOf(device));
    await connection.subscribe(filters, 1);
    for (let device = from; device < to; device++) this.#handlers.deviceConnected(device);
    await connection.waitForAcknowledgments();
    if (!connection.isOpen) throw new Error("The connection was lost before the broker acknowledged all messages.");
    this.#established.add(n);
    this.connected++;
    this.devicesReady += to - from;
  }

  #connectionLost(n: number): void {
    const [from, to] = this.#deviceRange(n);
    for (let device = from; device < to; device++) this.#handlers.deviceDisconnected(device);
    this.lost++;
    // ignore a connection that is lost while it is being established, because #connect() reports it
    if (!this.#established.delete(n)) return;
    this.connected--;
    this.devicesReady -= to - from;
    this.#reconnectLater(n);
  }

  #reconnectLater(n: number): void {
    const reconnect = (): void => {
      if (!this.#isEnding) this.#connect(n).catch(() => this.#reconnectLater(n));
    };
    setTimeout(reconnect, RECONNECT_DELAY * (1 + Math.random())).unref();
  }
}
