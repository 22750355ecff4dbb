import { textOf } from "../common/errors.js";
import type { BrokerAddress } from "../transport/url.js";
import { MqttClient } from "../mqtt/client.js";

export interface OrphanedSessionsOptions {
  readonly broker: BrokerAddress;
  /** The topic filters to which every member subscribes. */
  readonly filters: readonly string[];
  /**
   * Returns the topic for a marker message. No other client uses this topic.
   * @param member the owner of the session
   */
  markerTopicOf(member: string): string;
  /**
   * Handles a message that the former member had not acknowledged.
   * @param goneAt when the former member left, by the monotonic clock
   * @returns undefined to acknowledge the message at once, or a promise that resolves when it may be acknowledged
   */
  message(topic: string, payload: Buffer, goneAt: number): Promise<void> | undefined;
  sessionDrained(member: string, messages: number): Promise<void>;
  failed(problem: string): void;
}

/** Timeout for draining a session, in ms. After a timeout, the server tries again at a later renewal of its lease. */
const DRAIN_TIMEOUT = 30_000;

/**
 * Drains the MQTT sessions of failed servers. The broker keeps unacknowledged messages in a persistent session and
 * gives them to no other client (MQTT 5.0, section 4.8.2). The broker also assigns new shared messages to this session.
 * So another server connects with the client id of the failed server, unsubscribes, handles the waiting messages and
 * ends the session.
 */
export class OrphanedSessions {
  readonly #options: OrphanedSessionsOptions;
  readonly #draining = new Map<string, MqttClient>();
  #isClosed = false;

  constructor(options: OrphanedSessionsOptions) {
    this.#options = options;
  }

  /** Drains the session of a former member. Does nothing if this server is already draining it, or is stopping. */
  drain(member: string, goneAt: number): void {
    if (this.#isClosed || this.#draining.has(member)) return;
    this.#drain(member, goneAt)
      .catch((error: unknown) =>
        this.#options.failed(
          `The messages that wait at the broker for ${member} could not be processed: ${textOf(error)}. The server tries again.`,
        ),
      )
      .finally(() => this.#draining.delete(member));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(Array.from(this.#draining.values(), (client) => client.close()));
  }

  async #drain(member: string, goneAt: number): Promise<void> {
    const { broker, filters, markerTopicOf: markerOf, message } = this.#options;
    const marker = markerOf(member);
    const all: Promise<void>[] = [];
    let messages = 0;
    let done = (): void => {};
    let lost = (_error: Error): void => {};
    const marked = new Promise<void>((resolve) => (done = resolve));
    const failing = new Promise<never>((_resolve, reject) => (lost = reject));
    failing.catch(() => {});
    const client = new MqttClient(
      { broker, clientId: member },
      {
        messageReceived(topic, payload, retained) {
          if (topic === marker) return void done();
          if (retained) return undefined;
          const handled = message(topic, payload, goneAt);
          messages++;
          if (handled) all.push(handled);
          return handled;
        },
        reconnected() {},
        disconnected() {},
        publishRefused() {},
        closed: () => lost(new Error("the connection was closed")),
      },
    );
    this.#draining.set(member, client);
    const deadline = setTimeout(() => lost(new Error(`it took more than ${DRAIN_TIMEOUT / 1000} s`)), DRAIN_TIMEOUT);
    try {
      await client.connect();
      await client.unsubscribe(filters);
      await client.subscribe([marker]);
      // Publish a marker message. It arrives after all waiting messages, so its arrival shows that the queue is empty.
      client.publish(marker, Buffer.from("{}"), false);
      await Promise.race([marked, failing]);
      await Promise.race([Promise.all(all), failing]);
    } finally {
      clearTimeout(deadline);
      await client.close();
    }
    await endSession(broker, member);
    await this.#options.sessionDrained(member, messages);
  }
}

/** Ends a persistent session by connecting with a clean session [MQTT-3.1.2-6]. */
async function endSession(broker: BrokerAddress, clientId: string): Promise<void> {
  const client = new MqttClient(
    { broker, clientId, clean: true },
    { messageReceived: () => undefined, reconnected() {}, disconnected() {}, publishRefused() {} },
  );
  await client.connect();
  await client.close();
}
