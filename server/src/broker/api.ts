import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Rejection } from "../counters.js";
import type { Addressee, Keep, TakeReading } from "../link/link.js";
import type { Limits } from "../options.js";
import type { Accounts } from "../security/accounts.js";

/** A message as it leaves the broker's hands. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface BrokerHandlers {
  /** A message from a client; at QoS 1 it is acknowledged when what is returned is fulfilled. Must not throw, nor reject. */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** By which the readings of a topic are taken, where several come in a row; as `message` would. */
  readings(topic: string): TakeReading;
  /** A client broke the protocol, asked for what it may not do, or for more than its share. */
  rejected(reason: Rejection, from: string, problem: string): void;
  /** Something went wrong that a person should know about. */
  failed(problem: string): void;
}

/** Who may use the broker, and how much of it. */
export interface BrokerOptions {
  /** Nobody has an account by default, so that everybody may do everything. */
  readonly accounts?: Accounts;
  readonly limits?: Limits;
  /** How long a client may take until its CONNECT is there, in ms; 10,000 by default. */
  readonly patience?: number;
}

/** The embedded broker: MQTT 3.1 and 3.1.1, whatever carries the bytes. */
export interface Broker {
  /** Serves one client over a stream that is connected. */
  handle(stream: Duplex, request?: IncomingMessage): void;
  /** How much it holds in memory of a packet, in bytes. */
  readonly heldPacket: number;
  /** Connections, and messages that wait for clients on disk. */
  readonly figures: { readonly clients: number; readonly queued: number };
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, keep: Keep): void;
  /** Publishes at QoS 1 on a device's command topic. */
  command(to: Addressee, payload: Buffer, keep: Keep): void;
  /** The retained messages whose topics end in `/<level>`. */
  retained(level: string): BrokerMessage[];
  /** Disconnects everybody, and returns when all that was published is on disk. */
  close(): Promise<void>;
}
