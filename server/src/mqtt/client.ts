import type { IConnectPacket, ISubackPacket, Packet } from "mqtt-packet";
import type { BrokerAddress } from "./address.js";
import { NetworkConnection, type NetworkConnectionHandlers } from "./network-connection.js";
import { MAX_PUBLISH_ID, PublishQueue } from "./publish-queue.js";
import { openSocket } from "./socket.js";

export interface MqttClientOptions {
  readonly broker: BrokerAddress;
  /** Client id, which names the persistent session. Must stay the same at every start. */
  readonly clientId: string;
  readonly will?: { readonly topic: string; readonly payload: Buffer };
  /** Clean Session: whether to discard an earlier session and end the new one with the connection. Default: false. */
  readonly clean?: boolean;
  /** Timeout of a connection attempt, in ms. Default: 10,000. */
  readonly connectTimeout?: number;
  /** Keep-alive interval of MQTT, in s. Default: 30. */
  readonly keepAlive?: number;
  /** Delay between two connection attempts, in ms. Default: 1,000. */
  readonly reconnectDelay?: number;
}

export interface MqttClientHandlers {
  /**
   * Receives a message. Must not throw.
   * @returns undefined to acknowledge the message at once, or a promise to acknowledge the message when the promise
   * resolves
   */
  messageReceived(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** Called after a reconnect. All subscriptions are active again. */
  reconnected(): void;
  /** Called when the connection is lost. The client retries on its own. */
  disconnected(error: unknown): void;
  /** Called when the broker refuses a published message. */
  publishRefused(topic: string, reasonCode: number): void;
  /** Called when a connection has ended, for whatever reason. */
  closed?(): void;
}

/** How long the broker may take to close the connection after DISCONNECT, in ms. Afterwards, the client closes it. */
const CLOSE_TIMEOUT = 150;

/** SUBACK return code for a failure (MQTT 3.1.1, 3.9.3). In MQTT 5 all reason codes from this value on are failures. */
export const SUBACK_FAILURE = 0x80;

/**
 * MQTT 3.1.1 client with a persistent session. It publishes and subscribes at QoS 1, reconnects on its own, and sends
 * unacknowledged messages again after a reconnect.
 */
export class MqttClient {
  readonly #options: MqttClientOptions;
  readonly #handlers: MqttClientHandlers;
  readonly #publishQueue = new PublishQueue();
  /** All topic filters that the client is subscribed to. */
  readonly #filters = new Set<string>();
  /** Packet identifiers of received QoS 2 messages that the broker has not released with PUBREL. */
  readonly #unreleased = new Set<number>();
  /** Pending SUBSCRIBE and UNSUBSCRIBE requests, by packet identifier. */
  readonly #requests = new Map<number, { resolve(granted: readonly number[]): void; reject(error: unknown): void }>();
  /**
   * Packet identifier of the last request. Messages have lower identifiers, so that no request and no message ever have
   * the same one [MQTT-2.3.1-2].
   */
  #requestId = MAX_PUBLISH_ID;
  #connection: NetworkConnection | undefined;
  #connected = false;
  #reconnects = false;
  #reconnectTimer: NodeJS.Timeout | undefined;
  /** The promise of `close` while the connection is closing. All callers of `close` wait for the same promise. */
  #closing: Promise<void> | undefined;
  /** Resolves the promise of `close`. */
  #onClosed: (() => void) | undefined;

  constructor(options: MqttClientOptions, handlers: MqttClientHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /**
   * Makes one connection attempt.
   * @throws ConnackError when the broker refuses the connection; another Error when the connection fails
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
    const handlers: NetworkConnectionHandlers = {
      connectionAccepted: ({ sessionPresent }) => this.#accepted(connection, sessionPresent),
      messageReceived: (topic, payload, retained) => this.#handlers.messageReceived(topic, payload, retained),
      messageAcknowledged: (packetId, reasonCode) => this.#acknowledged(packetId, reasonCode),
      requestAnswered: (packet) => this.#answered(packet),
      closed: (error) => this.#closed(error),
    };
    const connection = new NetworkConnection(
      (onData) => openSocket(broker, onData),
      packet,
      handlers,
      this.#unreleased,
    );
    this.#connection = connection;
    return connection.open(connectTimeout, keepAlive);
  }

  /** Makes the client reconnect whenever the connection is lost. */
  enableReconnect(): void {
    this.#reconnects = true;
    if (!this.#connected) this.#scheduleReconnect();
  }

  /**
   * Publishes a message at QoS 1. Without a connection, the message waits in a queue.
   * @param acknowledged called when the broker acknowledges the message
   */
  publish(topic: string, payload: Buffer, retain: boolean, acknowledged?: () => void): void {
    this.#publishQueue.publish(topic, payload, retain, acknowledged);
  }

  /** Subscribes at QoS 1. @returns the return code for each filter: the granted QoS 0 or 1, or `SUBACK_FAILURE` */
  subscribe(filters: readonly string[]): Promise<readonly number[]> {
    for (const filter of filters) this.#filters.add(filter);
    const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const }));
    return this.#request((messageId) => ({ cmd: "subscribe", messageId, subscriptions }));
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#filters.delete(filter);
    await this.#request((messageId) => ({ cmd: "unsubscribe", messageId, unsubscriptions: [...filters] }));
  }

  /** Disconnects, so that the broker does not publish the will. Discards unacknowledged messages. */
  async close(): Promise<void> {
    this.#reconnects = false;
    clearTimeout(this.#reconnectTimer);
    if (this.#connection) await (this.#closing ??= this.#closeConnection(this.#connection));
  }

  async #closeConnection(connection: NetworkConnection): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    if (!this.#connected) connection.destroy();
    else {
      connection.disconnect();
      setTimeout(() => connection.destroy(), CLOSE_TIMEOUT).unref();
    }
    await closed;
    this.#closing = undefined;
  }

  #accepted(connection: NetworkConnection, sessionPresent: boolean): void {
    this.#connected = true;
    if (!sessionPresent) this.#unreleased.clear();
    this.#publishQueue.startSending((...message) => connection.writer.writePublish(...message));
    // Subscribe again, because the broker has lost the session and its subscriptions [MQTT-3.2.2-3].
    if (!sessionPresent && this.#filters.size > 0) this.subscribe([...this.#filters]).catch(() => {});
    if (this.#reconnects) this.#handlers.reconnected();
  }

  #acknowledged(packetId: number, reasonCode: number): void {
    const topic = this.#publishQueue.acknowledge(packetId);
    if (topic !== undefined && reasonCode >= SUBACK_FAILURE) this.#handlers.publishRefused(topic, reasonCode);
  }

  #answered(packet: Packet): void {
    const request = this.#requests.get(packet.messageId!);
    this.#requests.delete(packet.messageId!);
    request?.resolve((packet as ISubackPacket).granted?.map(Number) ?? []);
  }

  #closed(error: unknown): void {
    const wasConnected = this.#connected;
    this.#connected = false;
    this.#connection = undefined;
    this.#publishQueue.stopSending();
    for (const { reject } of this.#requests.values()) reject(error ?? new Error("closed"));
    this.#requests.clear();
    this.#onClosed?.();
    this.#handlers.closed?.();
    if (!this.#reconnects) return;
    if (wasConnected) this.#handlers.disconnected(error);
    this.#scheduleReconnect();
  }

  #scheduleReconnect(): void {
    clearTimeout(this.#reconnectTimer);
    // Ignore the error, because a failed attempt ends in `#closed`, which schedules the next attempt.
    this.#reconnectTimer = setTimeout(() => void this.connect().catch(() => {}), this.#options.reconnectDelay ?? 1000);
  }

  #request(packet: (messageId: number) => Packet): Promise<readonly number[]> {
    if (!this.#connected) return Promise.reject(new Error("not connected"));
    this.#requestId = this.#requestId === 65_535 ? MAX_PUBLISH_ID + 1 : this.#requestId + 1;
    const id = this.#requestId;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject });
      this.#connection!.send(packet(id));
    });
  }
}
