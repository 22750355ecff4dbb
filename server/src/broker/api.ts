import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Rejection } from "../observability/counters.js";
import type { RejectionOrigin } from "../observability/recent-rejections.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import type { BrokerLimits } from "./limits.js";
import type { Accounts } from "../security/accounts.js";
import type { PasswordCheck } from "../security/password-check.js";

/** A retained message of the broker. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

/** Callbacks of the embedded broker. */
export interface BrokerHandlers {
  /**
   * Receives each message that a client publishes. Must not throw.
   * @returns undefined to acknowledge the message at once, or a promise. When the promise resolves, the broker
   * acknowledges the message. When the promise rejects, the broker disconnects the client, which sends the message
   * again.
   */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /**
   * Returns why the server does not accept a message that only the server receives; undefined if it accepts the message.
   * Clients of MQTT 5.0 learn the reason. Default: accepts every message.
   */
  refusalOf?(topic: string, payload: Buffer): string | undefined;
  /** Called when a client violates the protocol, lacks a permission, or exceeds a limit. */
  rejected(reason: Rejection, from: string, problem: string, origin?: RejectionOrigin): void;
  /** Called with a warning for the operator, for example when the broker drops a damaged message. */
  warned(problem: string): void;
  /** Called with an error for the operator. */
  failed(problem: string): void;
}

/** Optional settings of the embedded broker. */
export interface BrokerOptions {
  /** The accounts of the clients. Default: no accounts, so every client may do everything. */
  readonly accounts?: Accounts;
  /** Checks passwords. Default: a check without a throttle for wrong passwords. */
  readonly check?: PasswordCheck;
  readonly limits?: BrokerLimits;
  /** The prefix of Home Assistant's topics. Default: `homeassistant`. */
  readonly discoveryPrefix?: string;
  /** How long a client may take to send its CONNECT packet, in ms. Default: 10,000. */
  readonly connectTimeout?: number;
}

/** A session that the broker keeps for a client (MQTT 3.1.1, 4.1; MQTT 5.0, 4.1). */
export interface SessionView {
  /** The client id that the client uses. */
  readonly client_id: string;
  /** The account that the session belongs to; null where clients need no account. */
  readonly account: string | null;
  readonly connected: boolean;
  /** Number of topic filters to which the session subscribes. */
  readonly subscriptions: number;
  /** Number of messages that the client has not acknowledged. */
  readonly queued: number;
  /** When the client disconnected, in ISO 8601; null while it is connected. */
  readonly disconnected_at: string | null;
  /** When the session ends unless the client returns, in ISO 8601; null while the client is connected. */
  readonly expires_at: string | null;
}

/** Lists and ends the sessions that the broker keeps. */
export interface SessionDirectory {
  list(): SessionView[];
  /**
   * Ends a session: disconnects its client and deletes its subscriptions and queue.
   * @returns whether the session existed
   */
  end(account: string | null, clientId: string): Promise<boolean>;
}

/** A client id that two clients use at once, so that each takes over the other's session [MQTT-3.1.4-2]. */
export interface ContestedClientId {
  readonly client_id: string;
  /** The account of both clients; null where clients need no account. */
  readonly account: string | null;
  /** IP addresses of the clients that use the client id, the latest last. */
  readonly addresses: readonly string[];
  /** Number of client takeovers during the last minute. */
  readonly takeovers: number;
}

/** The embedded MQTT broker: MQTT 3.1, 3.1.1 and 5.0 over any byte stream. */
export interface Broker {
  /**
   * Serves one client over a connected stream.
   * @param request the HTTP request of a WebSocket; undefined for TCP and TLS
   */
  handle(stream: Duplex, request?: IncomingMessage): void;
  /** Size of the largest packet that the broker accepts, in bytes. */
  readonly largestPacket: number;
  /** Number of open connections, and number of messages in all queues. */
  readonly stats: { readonly clients: number; readonly queued: number };
  readonly sessions: SessionDirectory;
  /** Client ids that two clients are using at the same time. */
  readonly contestedClientIds: readonly ContestedClientId[];
  /** Publishes a message of the server at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** Returns the retained messages whose topics end in `/<level>`. */
  retained(level: string): BrokerMessage[];
  /** Disconnects every client. Resolves when all published messages are written to disk. */
  close(): Promise<void>;
}
