import type { Aedes, AedesPublishPacket, Client, PublishPacket } from "aedes";
import { textOf } from "../common/errors.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import { connectionOf, Refusal, type Access } from "./access.js";
import { STORED, TAKEN } from "./acknowledgements.js";
import type { BrokerHandlers } from "./api.js";
import { Violation } from "../mqtt/packet-checks.js";
import { REASON } from "../mqtt/packets.js";
import type { Persistence } from "./persistence.js";
import { reasonString } from "./replies.js";
import type { StorageHealth } from "../storage/health.js";
import type { RetainedMessages } from "../storage/retained.js";
import type { SessionStore } from "../storage/session-store.js";

/** Messages on this topic reach nobody: aedes acknowledges a message of MQTT 3.1.1 only when it publishes it. */
const SINK = "$dropped";

type Done = (error?: Error | null) => void;

export interface PublishingParts {
  readonly access: Access;
  readonly persistence: Persistence;
  readonly sessions: SessionStore;
  readonly retained: RetainedMessages;
  readonly handlers: BrokerHandlers;
  readonly health: StorageHealth;
}

/**
 * The path of a message from its publisher into queues, the retained messages, and to the server.
 *
 * Every message is published in a turn of the event loop of its own, so that none overtakes another: aedes gives each a
 * number, and drops a message that reaches a client after one with a higher number.
 */
export class Publishing {
  readonly #parts: PublishingParts;
  #aedes: Aedes | undefined;
  /** Messages of QoS 0 that wait for a turn of their own. */
  #deferred = 0;
  #pending = 0;
  #stopping = false;
  #idle: (() => void) | undefined;
  /** Messages that go on when they are stored, or when nothing can be stored any more. */
  readonly #storing = new Set<() => void>();

  constructor(parts: PublishingParts) {
    this.#parts = parts;
    parts.health.listen({
      failed: () => {
        for (const proceed of this.#storing) proceed();
      },
    });
  }

  /** To be called once, with the broker that publishes. */
  use(aedes: Aedes): void {
    this.#aedes = aedes;
  }

  /**
   * The hook `authorizePublish` of aedes, which acknowledges the message when `done` was called. The server takes the
   * message here, so that it is decided upon at once and acknowledged when it is stored.
   */
  authorizePublish(client: Client | null, packet: PublishPacket, done: Done): void {
    const { handlers, access, persistence, sessions } = this.#parts;
    const { topic, qos, messageId = 0 } = packet;
    const payload = packet.payload as Buffer;
    // a will, which was checked when its client connected
    if (!client || client.closed) {
      // says when the will is published, and is no property of a message (MQTT 5.0, 3.1.3.2.2)
      if (packet.properties) delete (packet.properties as { willDelayInterval?: number }).willDelayInterval;
      void handlers.message(topic, payload, false);
      return done(null);
    }
    const problem = access.publishProblem(client, topic);
    if (problem) return this.#refuse(client, packet, problem, done);
    // [MQTT-3.3.1-3]
    packet.dup = false;
    // a message of QoS 2 that was received before: PUBREC was lost
    const isRepeated = qos === 2 && persistence.hasReceived(client, messageId);
    const taken = isRepeated ? undefined : handlers.message(topic, payload, false);
    if (qos === 0) return this.#publishUnacknowledged(packet, done);
    const mustBeStored = !isRepeated && (qos === 2 || packet.retain || sessions.index.hasMatch(topic));
    const { acknowledgements } = connectionOf(client);
    if (taken || mustBeStored || !acknowledgements.isEmpty)
      acknowledgements.hold(messageId, (taken ? TAKEN : 0) | (mustBeStored ? STORED : 0));
    if (!taken) return done(null);
    this.#whenStored(taken, client, done, () => acknowledgements.release(messageId, TAKEN));
  }

  /**
   * Lets aedes go on with a message when it is stored. While nothing can be stored it goes on at once, because it reads
   * nothing more from the client before; only the acknowledgement waits.
   */
  #whenStored(storing: Promise<void>, client: Client, done: Done, acknowledge: () => void): void {
    let goOn: Done | undefined = done;
    const proceed = (error?: Error | null): void => {
      this.#storing.delete(proceed);
      goOn?.(error ?? null);
      goOn = undefined;
    };
    storing.then(
      () => {
        acknowledge();
        proceed();
      },
      (error: unknown) => {
        // the client keeps the message, and sends it again when it returns
        const problem = `a message cannot be stored: ${textOf(error)}`;
        if (goOn) proceed(new Violation(problem, REASON.quotaExceeded, "over-limit"));
        else client.disconnect({ reasonCode: REASON.quotaExceeded, properties: { reasonString: problem } });
      },
    );
    if (this.#parts.health.isFailing) proceed();
    else this.#storing.add(proceed);
  }

  /**
   * Publishes a message of QoS 0, of which several may come in one turn: one that is not retained takes no time, and must not
   * overtake one that is.
   */
  #publishUnacknowledged({ retain }: PublishPacket, done: Done): void {
    if (!retain && this.#deferred === 0) return done(null);
    this.#deferred++;
    setImmediate(() => {
      this.#deferred--;
      done(null);
    });
  }

  #refuse(client: Client, packet: PublishPacket, problem: string, done: Done): void {
    const { title, acknowledgements } = connectionOf(client);
    this.#parts.handlers.rejected("not-allowed", title, problem);
    // its acknowledgement must not overtake those that wait
    if (packet.qos > 0 && !acknowledgements.isEmpty) acknowledgements.hold(packet.messageId!, 0);
    // MQTT 5.0 has a reason code for it; else the message is acknowledged and dropped [MQTT-3.3.5-2]
    if (client.version === 5) return done(new Refusal("notAuthorized", "not-allowed", reasonString(problem)));
    packet.topic = SINK;
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
    done(null);
  }

  /** The hook `published` of aedes: the message is in all queues, but perhaps not on disk yet. */
  published({ messageId = 0 }: AedesPublishPacket, client: Client | null, done: Done): void {
    const acknowledgements = client && connectionOf(client).acknowledgements;
    if (!client || !acknowledgements?.holds(messageId, STORED)) return done(null);
    this.#whenStored(this.#parts.persistence.stored(), client, done, () => acknowledgements.release(messageId, STORED));
  }

  /** Publishes a message of the server's own, at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void {
    if (mode === "again") this.#parts.retained.replaceInMemory(topic, payload);
    const packet: PublishPacket = {
      ...{ cmd: "publish", topic, payload, qos: 1, retain: mode !== "once", dup: false },
    };
    this.#pending++;
    setImmediate(() =>
      this.#aedes!.publish(packet, (error) => {
        if (error && !this.#stopping)
          this.#parts.handlers.failed(`The broker could not publish on ${topic}: ${error.message}`);
        if (--this.#pending === 0) this.#idle?.();
      }),
    );
  }

  /** Resolves when everything that the server published has been handed to its subscribers; nothing more must follow. */
  stop(): Promise<void> {
    this.#stopping = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#pending === 0) resolve();
    });
  }
}
