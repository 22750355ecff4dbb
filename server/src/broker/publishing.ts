import type { Aedes, AedesPublishPacket, Client, PublishPacket } from "aedes";
import { textOf } from "../common/errors.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import { connectionOf, Refusal, type AccessControl } from "./access-control.js";
import { HANDLED_BIT, STORED_BIT } from "./acknowledgement-queue.js";
import type { BrokerHandlers } from "./api.js";
import { ProtocolViolation } from "../mqtt/packet-checks.js";
import { REASON_CODE } from "../mqtt/packets.js";
import type { Persistence } from "./persistence.js";
import { shortenReason } from "./replies.js";
import type { StorageHealth } from "../storage/health.js";
import type { RetainedMessages } from "../storage/retained.js";
import type { SessionStore } from "../storage/session-store.js";

/**
 * Topic without subscribers. Messages that the broker refuses from MQTT 3.1.1 clients are published on this topic,
 * because aedes acknowledges only published messages.
 */
const DISCARD_TOPIC = "$dropped";

type DoneCallback = (error?: Error | null) => void;

export interface PublishHandlerOptions {
  readonly access: AccessControl;
  readonly persistence: Persistence;
  readonly sessions: SessionStore;
  readonly retained: RetainedMessages;
  readonly handlers: BrokerHandlers;
  readonly health: StorageHealth;
}

/**
 * Handles PUBLISH: passes messages to the server, into client queues and to the retained messages.
 *
 * Each message is published in its own turn of the event loop, because aedes numbers messages and drops a message that
 * reaches a client after one with a higher number.
 */
export class PublishHandler {
  readonly #options: PublishHandlerOptions;
  #aedes: Aedes | undefined;
  /** Number of QoS 0 messages that wait for their own turn of the event loop. */
  #deferred = 0;
  /** Number of messages of this server that aedes is publishing. */
  #pending = 0;
  #stopping = false;
  #idle: (() => void) | undefined;
  /** Callbacks for messages that are being stored. Each one runs when its message is stored, or when storage fails. */
  readonly #storing = new Set<() => void>();

  constructor(options: PublishHandlerOptions) {
    this.#options = options;
    options.health.addListener({
      failed: () => {
        for (const proceed of this.#storing) proceed();
      },
    });
  }

  /** Sets the aedes broker. Call once, before anything is published. */
  setBroker(aedes: Aedes): void {
    this.#aedes = aedes;
  }

  /**
   * The `authorizePublish` hook of aedes, which acknowledges the message after `done`. Passes the message to the server
   * before aedes queues the message, so that the server reacts at once.
   */
  authorizePublish(client: Client | null, packet: PublishPacket, done: DoneCallback): void {
    const { handlers, access, persistence, sessions } = this.#options;
    const { topic, qos, messageId = 0 } = packet;
    const payload = packet.payload as Buffer;
    // Without a connected client, the message is a will, which the broker has checked at CONNECT.
    if (!client || client.closed) {
      // The will delay interval must not become a property of the published message (MQTT 5.0, 3.1.3.2.2).
      if (packet.properties) delete (packet.properties as { willDelayInterval?: number }).willDelayInterval;
      void handlers.message(topic, payload, false);
      return done(null);
    }
    const problem = access.publishProblem(client, topic);
    if (problem) return this.#refuse(client, packet, problem, done);
    // The dup flag of the sender must not reach subscribers [MQTT-3.3.1-3].
    packet.dup = false;
    // The client sends a QoS 2 message again if PUBREC was lost. Do not handle the repeated message.
    const isRepeated = qos === 2 && persistence.hasReceived(client, messageId);
    const handled = isRepeated ? undefined : handlers.message(topic, payload, false);
    if (qos === 0) return this.#publishUnacknowledged(packet, done);
    const refusal = client.version === 5 ? handlers.refusalOf?.(topic, payload) : undefined;
    if (refusal)
      return this.#answerRefused(
        client,
        packet,
        new Refusal("notAccepted", "not-allowed", shortenReason(refusal)),
        done,
      );
    const mustBeStored = !isRepeated && (qos === 2 || packet.retain || sessions.index.hasMatch(topic));
    const { acknowledgements } = connectionOf(client);
    if (handled || mustBeStored || !acknowledgements.isEmpty)
      acknowledgements.hold(messageId, (handled ? HANDLED_BIT : 0) | (mustBeStored ? STORED_BIT : 0));
    if (!handled) return done(null);
    this.#whenStored(handled, client, done, () => acknowledgements.release(messageId, HANDLED_BIT));
  }

  /**
   * Calls `done` when a message is stored. While storage fails, calls `done` at once and delays only the
   * acknowledgement, because aedes reads nothing from the client until `done` is called.
   */
  #whenStored(storing: Promise<void>, client: Client, done: DoneCallback, acknowledge: () => void): void {
    let pendingDone: DoneCallback | undefined = done;
    const proceed = (error?: Error | null): void => {
      this.#storing.delete(proceed);
      pendingDone?.(error ?? null);
      pendingDone = undefined;
    };
    storing.then(
      () => {
        acknowledge();
        proceed();
      },
      (error: unknown) => {
        // Disconnect the client instead of acknowledging the message, so that the client sends the message again.
        const problem = `a message cannot be stored: ${textOf(error)}`;
        if (pendingDone) proceed(new ProtocolViolation(problem, REASON_CODE.quotaExceeded, "over-limit"));
        else client.disconnect({ reasonCode: REASON_CODE.quotaExceeded, properties: { reasonString: problem } });
      },
    );
    if (this.#options.health.isFailing) proceed();
    else this.#storing.add(proceed);
  }

  /**
   * Publishes a message of QoS 0. Each retained message is published in a later turn of the event loop. Until then,
   * further messages also wait, each for its own turn, which keeps the order.
   */
  #publishUnacknowledged({ retain }: PublishPacket, done: DoneCallback): void {
    if (!retain && this.#deferred === 0) return done(null);
    this.#deferred++;
    setImmediate(() => {
      this.#deferred--;
      done(null);
    });
  }

  #refuse(client: Client, packet: PublishPacket, problem: string, done: DoneCallback): void {
    const { title, origin } = connectionOf(client);
    this.#options.handlers.rejected("not-allowed", title, problem, { ...origin, topic: packet.topic });
    this.#answerRefused(client, packet, new Refusal("notAuthorized", "not-allowed", shortenReason(problem)), done);
  }

  #answerRefused(client: Client, packet: PublishPacket, refusal: Refusal, done: DoneCallback): void {
    const { acknowledgements, completion } = connectionOf(client);
    if (packet.qos > 0) {
      // Queue this acknowledgement behind the pending ones, because acknowledgements must keep their order.
      acknowledgements.hold(packet.messageId!, 0);
      if (client.version === 5) completion.refusedMessages.set(packet.messageId!, refusal.code.reasonCode);
    }
    // MQTT 5.0 refuses a message with a reason code. Older versions have none, so the message is acknowledged and
    // dropped [MQTT-3.3.5-2].
    if (client.version === 5) return done(refusal);
    packet.topic = DISCARD_TOPIC;
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
    done(null);
  }

  /** The `published` hook of aedes. The message is in all queues, but may not be on disk yet. */
  published({ messageId = 0 }: AedesPublishPacket, client: Client | null, done: DoneCallback): void {
    const acknowledgements = client && connectionOf(client).acknowledgements;
    if (!client || !acknowledgements?.isWaiting(messageId, STORED_BIT)) return done(null);
    this.#whenStored(this.#options.persistence.whenStored(), client, done, () =>
      acknowledgements.release(messageId, STORED_BIT),
    );
  }

  /** Publishes a message of the server at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void {
    if (mode === "renewed") this.#options.retained.replaceInMemory(topic, payload);
    const packet: PublishPacket = {
      ...{ cmd: "publish", topic, payload, qos: 1, retain: mode !== "not-retained", dup: false },
    };
    this.#pending++;
    setImmediate(() =>
      this.#aedes!.publish(packet, (error) => {
        if (error && !this.#stopping)
          this.#options.handlers.failed(`The broker could not publish on ${topic}: ${error.message}`);
        if (--this.#pending === 0) this.#idle?.();
      }),
    );
  }

  /** Resolves when all messages of the server have reached their subscribers. Publish nothing after this call. */
  stop(): Promise<void> {
    this.#stopping = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#pending === 0) resolve();
    });
  }
}
