import type { IConnectPacket, ISubackPacket, Packet } from "mqtt-packet";
import type { BrokerAddress } from "./address.js";
import { Connection, type ConnectionHandlers } from "./network-connection.js";
import { LAST_ID, Outbox } from "./publish-queue.js";
import { openTransport } from "./socket.js";

export interface MqttOptions {
  readonly broker: BrokerAddress;
  /** The same at every start: it names the persistent session. */
  readonly clientId: string;
  readonly will?: { readonly topic: string; readonly payload: Buffer };
  /** Whether the session begins anew, and ends with the connection; false by default. */
  readonly clean?: boolean;
  /** How long a connection may take, in ms; 10,000 by default. */
  readonly connectTimeout?: number;
  /** In seconds; 30 by default. */
  readonly keepAlive?: number;
  /** Between two attempts to connect again, in ms; 1,000 by default. */
  readonly reconnectEvery?: number;
}

export interface MqttHandlers {
  /** A message, acknowledged when what is returned is fulfilled; at once when that is undefined. Must not throw. */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** Connected again, as `keep` asked for; what was subscribed to before is so again. */
  up(): void;
  /** The connection is lost; it comes back by itself. */
  down(error: unknown): void;
  /** The broker does not take a message of ours. */
  refused(topic: string, reason: number): void;
  /** The connection is over, however that came. */
  closed?(): void;
}

/** How long a broker may take to hang up after DISCONNECT, in ms. */
const HANG_UP = 150;

/** What a broker grants no subscription with: MQTT 3.1.1, 3.9.3; MQTT 5 has more of them, all from here on. */
export const REFUSED = 128;

/**
 * A server's MQTT client: a persistent session, everything at QoS 1 and nothing lost over a cut, and as little work for a
 * message as there can be.
 */
export class MqttClient {
  readonly #options: MqttOptions;
  readonly #handlers: MqttHandlers;
  readonly #outbox = new Outbox();
  /** All that is subscribed to. */
  readonly #filters = new Set<string>();
  readonly #unreleased = new Set<number>();
  /** Who waits for a SUBACK or an UNSUBACK. */
  readonly #answers = new Map<number, { resolve(granted: readonly number[]): void; reject(error: unknown): void }>();
  /** Packet identifiers of those; those of messages are lower [MQTT-2.3.1-2]. */
  #id = LAST_ID;
  #connection: Connection | undefined;
  #connected = false;
  /** Whether a lost connection is made again. */
  #lasting = false;
  #again: NodeJS.Timeout | undefined;
  #left: (() => void) | undefined;

  constructor(options: MqttOptions, handlers: MqttHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Connects once.
   * @throws ConnackError, or whatever the network says
   */
  connect(): Promise<void> {
    const { broker, clientId, will, connectTimeout = 10_000, keepAlive = 30, clean = false } = this.#options;
    const packet: IConnectPacket = {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId,
      clean,
      keepalive: Math.ceil(keepAlive),
      ...(will && { will: { ...will, qos: 1 as const, retain: true } }),
      ...(broker.username !== undefined && { username: broker.username }),
      ...(broker.password !== undefined && { password: Buffer.from(broker.password) }),
    };
    const handlers: ConnectionHandlers = {
      opened: ({ sessionPresent }) => this.#opened(connection, sessionPresent),
      message: (topic, payload, retained) => this.#handlers.message(topic, payload, retained),
      acknowledged: (id, reason) => this.#acknowledged(id, reason),
      answered: (packet) => this.#answered(packet),
      closed: (error) => this.#closed(error),
    };
    const connection = new Connection((take) => openTransport(broker, take), packet, handlers, this.#unreleased);
    this.#connection = connection;
    return connection.open(connectTimeout, keepAlive);
  }

  /** From now on a lost connection is made again, for ever. */
  keep(): void {
    this.#lasting = true;
    if (!this.#connected) this.#retry();
  }

  /** Publishes at QoS 1. @param acknowledged told when the broker has it */
  publish(topic: string, payload: Buffer, retain: boolean, acknowledged?: () => void): void {
    this.#outbox.publish(topic, payload, retain, acknowledged);
  }

  /** Subscribes at QoS 1. Gives what was granted for each filter: 0, 1, or `REFUSED`. */
  subscribe(filters: readonly string[]): Promise<readonly number[]> {
    for (const filter of filters) this.#filters.add(filter);
    const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const }));
    return this.#ask((messageId) => ({ cmd: "subscribe", messageId, subscriptions }));
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#filters.delete(filter);
    await this.#ask((messageId) => ({ cmd: "unsubscribe", messageId, unsubscriptions: [...filters] }));
  }

  /** Leaves, so that the broker does not publish the will. What was not acknowledged is given up. */
  async close(): Promise<void> {
    this.#lasting = false;
    clearTimeout(this.#again);
    if (!this.#connection) return;
    const closed = new Promise<void>((resolve) => (this.#left = resolve));
    if (!this.#connected) this.#connection.end();
    else {
      this.#connection.leave();
      // a broker that does not hang up
      setTimeout(() => this.#connection?.end(), HANG_UP).unref();
    }
    await closed;
  }

  #opened(connection: Connection, sessionPresent: boolean): void {
    this.#connected = true;
    if (!sessionPresent) this.#unreleased.clear();
    this.#outbox.open((...message) => connection.output.publish(...message));
    // a broker that lost the session [MQTT-3.2.2-2]
    if (!sessionPresent && this.#filters.size > 0) this.subscribe([...this.#filters]).catch(() => {});
    if (this.#lasting) this.#handlers.up();
  }

  #acknowledged(id: number, reason: number): void {
    const topic = this.#outbox.acknowledged(id);
    if (topic !== undefined && reason >= REFUSED) this.#handlers.refused(topic, reason);
  }

  #answered(packet: Packet): void {
    const answer = this.#answers.get(packet.messageId!);
    this.#answers.delete(packet.messageId!);
    answer?.resolve((packet as ISubackPacket).granted?.map(Number) ?? []);
  }

  #closed(error: unknown): void {
    const lost = this.#connected;
    this.#connected = false;
    this.#connection = undefined;
    this.#outbox.close();
    for (const { reject } of this.#answers.values()) reject(error ?? new Error("closed"));
    this.#answers.clear();
    this.#left?.();
    this.#handlers.closed?.();
    if (!this.#lasting) return;
    if (lost) this.#handlers.down(error);
    this.#retry();
  }

  #retry(): void {
    clearTimeout(this.#again);
    // one that fails ends in `#closed`, which tries again
    this.#again = setTimeout(() => void this.connect().catch(() => {}), this.#options.reconnectEvery ?? 1000);
  }

  #ask(packet: (messageId: number) => Packet): Promise<readonly number[]> {
    if (!this.#connected) return Promise.reject(new Error("not connected"));
    this.#id = this.#id === 65_535 ? LAST_ID + 1 : this.#id + 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#connection!.send(packet(id));
    });
  }
}
