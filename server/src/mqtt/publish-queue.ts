/** A message to publish at QoS 1. */
interface QueuedPublish {
  /** Sequence number, in the order of the `publish` calls. */
  readonly number: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  /** Called when the broker acknowledges the message. */
  readonly acknowledged: (() => void) | undefined;
}

/** Sends a PUBLISH packet of QoS 1. `dup` is true if an earlier connection may have sent it already. */
export type SendPublish = (packetId: number, topic: string, payload: Buffer, retain: boolean, dup: boolean) => void;

/** Maximum number of unacknowledged messages, unless the broker's receive maximum is lower. */
const MAX_INFLIGHT_MESSAGES = 1000;

/** The highest packet identifier of a PUBLISH. SUBSCRIBE and UNSUBSCRIBE use higher identifiers (MQTT 3.1.1, 2.3.1). */
export const MAX_PUBLISH_ID = 4000;

/**
 * Queue of QoS 1 messages until the broker acknowledges them.
 *
 * A limited number is inflight (sent, not acknowledged). After a reconnect, inflight messages are sent again in order with
 * DUP [MQTT-4.4.0-1]. Messages above the limit, or without a connection, wait. A waiting retained message replaces an
 * earlier one of the same topic, which limits the memory that waiting messages use.
 */
export class PublishQueue {
  /** Inflight messages by packet identifier. This is an array, because a Map would be resized often. */
  readonly #inflight = new Array<QueuedPublish | undefined>(MAX_PUBLISH_ID + 1).fill(undefined);
  #inflightCount = 0;
  /** Messages that are not sent yet, oldest first. The key is the topic of a retained message, otherwise the sequence number. */
  readonly #waiting = new Map<string | number, QueuedPublish>();
  /** Sends a PUBLISH on the current connection; undefined without a connection. */
  #send: SendPublish | undefined;
  #maxInflight = MAX_INFLIGHT_MESSAGES;
  #lastId = 0;
  #nextNumber = 0;

  /** Number of unacknowledged messages. */
  get size(): number {
    return this.#inflightCount + this.#waiting.size;
  }

  publish(topic: string, payload: Buffer, retain: boolean, acknowledged?: () => void): void {
    const message: QueuedPublish = { number: this.#nextNumber++, topic, payload, retain, acknowledged };
    if (this.#send && this.#waiting.size === 0 && this.#inflightCount < this.#maxInflight)
      return this.#sendFirst(message);
    const key = retain ? topic : message.number;
    // a Map keeps the place of an existing key, so delete the key to move the message to the end
    this.#waiting.delete(key);
    this.#waiting.set(key, message);
  }

  /**
   * Starts sending on a new connection: first the inflight messages again, then the waiting ones.
   * @param receiveMaximum maximum number of unacknowledged messages that the broker accepts
   */
  startSending(send: SendPublish, receiveMaximum = MAX_INFLIGHT_MESSAGES): void {
    this.#maxInflight = Math.min(receiveMaximum, MAX_INFLIGHT_MESSAGES);
    this.#send = send;
    const inflight = this.#inflight.flatMap((message, id) => (message ? [{ id, ...message }] : []));
    inflight.sort((a, b) => a.number - b.number);
    for (const { id, topic, payload, retain } of inflight) send(id, topic, payload, retain, true);
    this.#sendWaiting();
  }

  /** Stops sending because the connection has ended. */
  stopSending(): void {
    this.#send = undefined;
  }

  /**
   * Removes the message that a PUBACK acknowledges, calls its `acknowledged` and sends waiting messages.
   * @returns the topic of the message; undefined for an unknown packet identifier
   */
  acknowledge(packetId: number): string | undefined {
    const message = this.#inflight[packetId];
    if (!message) return undefined;
    this.#inflight[packetId] = undefined;
    this.#inflightCount--;
    message.acknowledged?.();
    if (this.#waiting.size > 0) this.#sendWaiting();
    return message.topic;
  }

  #sendWaiting(): void {
    for (const [key, message] of this.#waiting) {
      if (!this.#send || this.#inflightCount >= this.#maxInflight) return;
      this.#waiting.delete(key);
      this.#sendFirst(message);
    }
  }

  /** Sends a message for the first time, under a new packet identifier. */
  #sendFirst(message: QueuedPublish): void {
    // the loop ends, because there are more identifiers than inflight messages
    do this.#lastId = this.#lastId === MAX_PUBLISH_ID ? 1 : this.#lastId + 1;
    while (this.#inflight[this.#lastId]);
    this.#inflight[this.#lastId] = message;
    this.#inflightCount++;
    this.#send!(this.#lastId, message.topic, message.payload, message.retain, false);
  }
}
