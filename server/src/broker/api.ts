import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Rejection } from "../observability/counters.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import type { BrokerLimits } from "./limits.js";
import type { Accounts } from "../security/accounts.js";
import type { PasswordCheck } from "../security/password-check.js";

/** A message as it leaves the broker's hands. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface BrokerHandlers {
  /**
   * A client published a message. The broker acknowledges it when the returned promise is fulfilled, or at once when there
   * is none. When it is rejected, the broker disconnects the client, which sends the message again. Must not throw.
   */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** A client violated the protocol, lacks a permission, or exceeded a limit. */
  rejected(reason: Rejection, from: string, problem: string): void;
  /** The broker did something unusual that an operator should know about, such as dropping a damaged message. */
  warned(problem: string): void;
  /** The broker failed in a way that an operator should know about. */
  failed(problem: string): void;
}

/** Who may use the broker, and how much of it. */
export interface BrokerOptions {
  /** By default there are no accounts, so that every client may do everything. */
  readonly accounts?: Accounts;
  /** Checks passwords; by default without a throttle. */
  readonly check?: PasswordCheck;
  readonly limits?: BrokerLimits;
  /** How long a client may take to send its CONNECT packet, in ms; 10,000 by default. */
  readonly connectTimeout?: number;
}

/** A session that the broker keeps for a client (MQTT 3.1.1, 4.1; MQTT 5.0, 4.1). */
export interface SessionView {
  /** The client id that the client uses. */
  readonly client_id: string;
  /** The account that the session belongs to; null where clients need no account. */
  readonly account: string | null;
  readonly connected: boolean;
  /** Number of topic filters. */
  readonly subscriptions: number;
  /** Messages that the client has not acknowledged yet. */
  readonly queued: number;
  /** When the client disconnected, in ISO 8601; null while it is connected. */
  readonly disconnected_at: string | null;
  /** When the session ends unless the client returns, in ISO 8601; null while the client is connected. */
  readonly expires_at: string | null;
}

/** The sessions that the broker keeps. */
export interface SessionDirectory {
  list(): SessionView[];
  /**
   * Ends a session: disconnects its client and deletes its subscriptions and queue.
   * @returns whether there was such a session
   */
  end(account: string | null, clientId: string): Promise<boolean>;
}

/** Two clients use one client id, so that each connection ends the other [MQTT-3.1.4-2]. */
export interface ContestedClientId {
  readonly client_id: string;
  /** The account of both clients; null where clients need no account. */
  readonly account: string | null;
  /** Addresses that the clients connect from, the latest last. */
  readonly addresses: readonly string[];
  /** How often one connection ended the other during the last minute. */
  readonly takeovers: number;
}

/** The embedded broker: MQTT 3.1, 3.1.1 and 5.0 over any byte stream. */
export interface Broker {
  /** Serves one client over a connected stream. */
  handle(stream: Duplex, request?: IncomingMessage): void;
  /** The most that the broker buffers of one packet, in bytes. */
  readonly largestPacket: number;
  /** Connections, and messages that wait for clients. */
  readonly figures: { readonly clients: number; readonly queued: number };
  readonly sessions: SessionDirectory;
  /** Client ids that two clients fight over at present. */
  readonly contested: readonly ContestedClientId[];
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** The retained messages whose topics end in `/<level>`. */
  retained(level: string): BrokerMessage[];
  /** Disconnects every client. Resolves when everything that was published is on disk. */
  close(): Promise<void>;
}
