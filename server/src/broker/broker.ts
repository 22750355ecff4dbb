import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage } from "node:http";
import { Aedes, type Client } from "aedes";
import type { DataFolder } from "../data.js";
import { textOf } from "../errors.js";
import type { Rejection } from "../counters.js";
import type { Keep } from "../link/link.js";
import { Acknowledgement } from "./acknowledgement.js";
import { DurablePersistence } from "./persistence.js";
import { limitPackets } from "./limit.js";
import { Overlap } from "./overlap.js";
import { QueueFirst } from "./queue-first.js";

/** A message as it leaves the broker's hands. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface BrokerHandlers {
  /** A message from a client; at QoS 1 it is acknowledged when what is returned is fulfilled. Must not throw, nor reject. */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** A client broke the protocol, and was disconnected. */
  rejected(reason: Rejection, from: string, problem: string): void;
  /** Something went wrong that a person should know about. */
  failed(problem: string): void;
}

/** The embedded broker: MQTT 3.1 and 3.1.1, whatever carries the bytes. */
export interface Broker {
  /** Serves one client over a stream that is connected. */
  handle(stream: Duplex, request?: IncomingMessage): void;
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, keep: Keep): void;
  /** The retained messages whose topics end in `/<level>`. */
  retained(level: string): BrokerMessage[];
  /** Disconnects everybody, and returns when all that was published is on disk. */
  close(): Promise<void>;
}

/** How long what was published last may take to reach everybody when the broker ends, in ms. */
const FAREWELL = 300;

/** Starts the embedded broker on a data folder. */
export async function startBroker(data: DataFolder, handlers: BrokerHandlers): Promise<Broker> {
  const persistence = new DurablePersistence(data.broker);
  // Ordered, because queues are sent in the order of (broker id, counter): a random id would mix up two runs.
  const id = `run-${String(data.run).padStart(9, "0")}`;
  const overlap = new Overlap();
  const queueFirst = new QueueFirst();
  const aedes = await Aedes.createBroker({
    id,
    persistence,
    // messages on their way at once: one slow client must not hold up the others
    concurrency: 1000,
    drainTimeout: 15_000,
    connectTimeout: 10_000,
    // in memory only; three of these after a start, wills that a killed broker left behind are published
    heartbeatInterval: 10_000,
    authorizeForward(client, packet) {
      if (overlap.had(client, packet)) return null;
      queueFirst.sending(client, packet);
      return packet;
    },
    authorizePublish(client, packet, callback) {
      // [MQTT-4.7.2-1]
      if (packet.topic.startsWith("$")) return callback(new Error("topics that begin with $ are the broker's own"));
      // QoS 2 is seen twice here, and is taken when it is released
      if (packet.qos === 2 && client) return callback(null);
      // Here rather than as a subscriber, because a reading is then decided upon at once, and stored before it is
      // acknowledged: a server that is killed in between gets it again.
      const taken = handlers.message(packet.topic, packet.payload as Buffer, false);
      // a will has nobody to acknowledge it to
      if (packet.qos === 0 || !client || client.closed) return callback(null);
      const stored = acknowledgement.stored(packet, client);
      Promise.all([taken, stored]).then(
        () => callback(null),
        (error: Error) => callback(error),
      );
    },
  });
  const acknowledgement = new Acknowledgement(aedes, persistence);
  aedes.on("publish", (packet, client) => {
    if (packet.qos === 2 && client) void handlers.message(packet.topic, packet.payload as Buffer, false);
  });
  (aedes as EventEmitter).on("error", (error) => {
    if (!closing) handlers.failed(`The broker failed: ${textOf(error)}`);
  });

  let closing = false;
  let publishing = 0;
  let idle: (() => void) | undefined;

  return {
    handle(stream, request) {
      const client: Client = aedes.handle(stream, request);
      queueFirst.watch(client);
      overlap.watch(client);
      limitPackets(client, (reason, problem) => handlers.rejected(reason, client.id ?? "a client", problem));
    },
    publish(topic, payload, keep) {
      publishing++;
      const retain = keep !== "once";
      if (keep === "again") persistence.renew(topic, payload);
      aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain, dup: false }, (error) => {
        if (error && !closing) handlers.failed(`The broker could not publish on ${topic}: ${textOf(error)}`);
        if (--publishing === 0) idle?.();
      });
    },
    retained: (level) => persistence.retainedAt(level),
    async close() {
      closing = true;
      // what was published reaches those who listen, unless one of them does not read
      if (publishing > 0) await Promise.race([new Promise<void>((resolve) => (idle = resolve)), sleep(FAREWELL)]);
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      // the wills of those who were connected are stored a turn of the event loop later
      await new Promise((resolve) => setImmediate(resolve));
      await persistence.destroy();
    },
  };
}
