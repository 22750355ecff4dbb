import type { PublishMode } from "../mqtt/publish-mode.js";
import type { Rejection } from "../observability/counters.js";

/** What a link tells the server. */
export interface BrokerConnectionHandlers {
  /**
   * A message that a client published. It is acknowledged when what is returned is fulfilled, or at once when that is
   * undefined; not at all when that is rejected. Must not throw.
   */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** The link is up again. What waited for it at the broker is coming; what the broker was to keep may be lost. */
  up(): void;
  /** What waited at the broker has come: from now on messages are of the present. */
  caughtUp(): void;
  /** The link is lost; it comes back by itself. */
  down(reason: string): void;
  /** A client broke the protocol, and was disconnected. Only the embedded broker sees that. */
  rejected(reason: Rejection, from: string, problem: string): void;
  /** Something unusual happened that an operator should know about. */
  warned(problem: string): void;
  /** Something went wrong that a person should know about. */
  failed(problem: string): void;
}

/**
 * The server's place at a broker, its own or somebody else's: subscribed to the devices' topics, and saying on
 * `<prefix>/status` whether it is there.
 */
export interface BrokerConnection {
  /** Where MQTT clients connect, without user name and password; known when the link is up. */
  readonly url: string;
  /**
   * Joins the broker; from then on messages come. What is published before waits.
   * @throws StartError when the broker cannot be joined.
   */
  start(): Promise<void>;
  /** Whether what is published goes out now; otherwise it waits for the link. */
  readonly connected: boolean;
  /** Publishes at QoS 1. Never throws; a failure is told to `failed`. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** Says that the server is gone, and leaves within a second. */
  close(): Promise<void>;
}
