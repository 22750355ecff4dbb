import type { PublishMode } from "../mqtt/publish-mode.js";
import type { Rejection } from "../observability/counters.js";
import type { RejectionOrigin } from "../observability/recent-rejections.js";

/** Callbacks of a broker connection. */
export interface BrokerConnectionHandlers {
  /**
   * Receives a message that a client published. Must not throw.
   * @returns a promise that resolves when the message may be acknowledged, or rejects if the message must be sent
   * again; undefined to acknowledge the message at once
   */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** Called after a reconnect, before the broker delivers the messages that it queued meanwhile. */
  reconnected(): void;
  /** Called when the broker has delivered all messages that it queued while the server was away. */
  caughtUp(): void;
  /** Called when the connection to the broker is lost. `BrokerConnection` reconnects on its own. */
  disconnected(reason: string): void;
  /** Called when a client broke the protocol or lacks a permission. Only the embedded broker calls this. */
  rejected(reason: Rejection, from: string, problem: string, origin?: RejectionOrigin): void;
  /** Called with a warning for the operator. */
  warned(problem: string): void;
  /** Called with an error for the operator. */
  failed(problem: string): void;
}

/**
 * The server's connection to an MQTT broker, embedded or remote. The connection subscribes to device topics and
 * publishes the server's status on `<prefix>/status`.
 */
export interface BrokerConnection {
  /** Address for MQTT clients, without user name and password. The port is known after `start`. */
  readonly url: string;
  /** Address for MQTT clients with TLS; undefined if there is none, or at a remote broker. */
  readonly secureUrl?: string | undefined;
  /**
   * Connects to the broker and starts receiving messages. Messages that were published before this call are sent now.
   * @throws StartError when the connection fails
   */
  start(): Promise<void>;
  /** Whether published messages are sent immediately. While false, they wait in memory. */
  readonly connected: boolean;
  /** Publishes at QoS 1. Never throws; reports a failure to the handler `failed`. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** Publishes the offline status and disconnects within one second. */
  close(): Promise<void>;
}

/** Returns a sentence that says that the server has no connection to the broker; "" while it has one. */
export function connectionProblem({ connected, url }: Pick<BrokerConnection, "connected" | "url">): string {
  return connected ? "" : `The server is not connected to the broker ${url}.`;
}
