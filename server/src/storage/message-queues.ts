import { encodeQueuedPacket, fromStoredPacket, type QueuedPacket, type StoredPacket } from "./message-codec.js";
import { keyRangeOf, type OrderedStore } from "./ordered-store.js";
import type { Session } from "./session.js";
import {
  messageIdFromKey,
  packetIdFromKey,
  QUEUES_PREFIX,
  queueKeyOf,
  RECEIVED_PREFIX,
  receivedKeyOf,
  sessionIdFromKey,
} from "./session-keys.js";

/** Identifies a message: the broker run, and the number of the message within that run. */
export interface MessageId {
  readonly brokerId: string;
  readonly brokerCounter: number;
}

/** Sends the messages of a queue one after another. */
export interface QueueReader {
  /** Resolves when this message was sent. */
  whenSent(message: MessageId): Promise<void>;
  /** Called in the turn of the event loop in which the end of the queue is reached and all its messages were sent. */
  finish(): void;
}

/**
 * The message queues of all sessions: messages of QoS 1 and 2 that wait for a client, and packet identifiers of received
 * QoS 2 messages. Payloads are only on disk; each `Session` contains the keys and packet identifiers.
 */
export class MessageQueues {
  readonly #store: OrderedStore;
  #size = 0;

  constructor(store: OrderedStore) {
    this.#store = store;
  }

  /** Loads the queues from disk. @param sessionOf returns the session with an id, and creates it if necessary */
  async load(sessionOf: (id: string) => Session): Promise<void> {
    for (const [key, { messageId = 0 }] of await this.#store.getDecodedEntries<QueuedPacket>(
      keyRangeOf(QUEUES_PREFIX),
    )) {
      const session = sessionOf(sessionIdFromKey(key));
      session.queue.set(key, messageId);
      if (messageId > 0) session.sent.set(messageId, key);
      this.#size++;
    }
    for (const [key] of await this.#store.getEntries(keyRangeOf(RECEIVED_PREFIX)))
      sessionOf(sessionIdFromKey(key)).received.add(packetIdFromKey(key));
  }

  /** Number of queued messages of all sessions together. */
  get messageCount(): number {
    return this.#size;
  }

  /** Deletes all queued messages and received packet identifiers of a session. */
  clear(session: Session): void {
    this.#size -= session.queue.size;
    for (const key of session.queue.keys()) this.#store.delete(key);
    for (const packetId of session.received) this.#store.delete(receivedKeyOf(session.id, packetId));
    for (const part of [session.queue, session.sent, session.received]) part.clear();
  }

  /** Appends a message to a queue. A message that is already in the queue keeps its place. */
  enqueue(session: Session, packet: QueuedPacket): void {
    const key = queueKeyOf(session.id, packet);
    if (session.queue.has(key)) return;
    session.queue.set(key, 0);
    this.#size++;
    this.#store.put(key, encodeQueuedPacket(packet));
  }

  /**
   * Clears the retain flag of a queued message; `storeSent` sets it again. aedes stores no packet identifier for a message with
   * this flag, so an acknowledgment would not remove the message from the queue.
   */
  hideRetainFlag(session: Session, packet: MessageId & { retain: boolean }): void {
    packet.retain = false;
    session.hiddenRetain.add(queueKeyOf(session.id, packet));
  }

  /**
   * Stores the packet identifier of a message that is being sent, or the PUBREL that replaces a sent message.
   * @throws Error when another message of the session has this packet identifier
   */
  storeSent(session: Session, packet: QueuedPacket): void {
    const { messageId = 0 } = packet;
    const key = packet.cmd === "pubrel" ? session.sent.get(messageId) : queueKeyOf(session.id, packet);
    if (key === undefined) return;
    if (packet.cmd === "publish" && session.hiddenRetain.delete(key)) packet.retain = true;
    if (!session.queue.has(key)) return;
    const other = session.sent.get(messageId);
    if (other !== undefined && other !== key) throw new Error(`packet identifier ${messageId} is in use`);
    session.sent.delete(session.queue.get(key)!);
    session.queue.set(key, messageId);
    session.sent.set(messageId, key);
    this.#store.put(key, encodeQueuedPacket({ ...packet, ...messageIdFromKey(key) }));
  }

  /** Returns whether a message of the queue was sent and is not acknowledged yet. */
  isSent(session: Session, packet: MessageId): boolean {
    return (session.queue.get(queueKeyOf(session.id, packet)) ?? 0) > 0;
  }

  /** Removes a message that the client has acknowledged. */
  acknowledge(session: Session, packetId: number): void {
    const key = session.sent.get(packetId);
    if (key !== undefined) this.#remove(session, key);
  }

  /** Removes a message that the client has no permission to read. */
  remove(session: Session, packet: MessageId): void {
    this.#remove(session, queueKeyOf(session.id, packet));
  }

  /** Removes the oldest messages of a queue. */
  dropOldest(session: Session, count: number): void {
    for (const key of [...session.queue.keys()].slice(0, count)) this.#remove(session, key);
  }

  /**
   * Reads the messages of a queue in order, including messages that arrive meanwhile. Messages that were sent before
   * get the DUP flag.
   * @param reader delays each message until the previous message was sent
   */
  async *readQueuedMessages(session: Session, reader?: QueueReader): AsyncGenerator<QueuedPacket> {
    for (const [key, packetId] of session.queue) {
      const stored = await this.#store.getDecoded<StoredPacket>(key);
      if (!stored) continue;
      const packet = fromStoredPacket(stored);
      const sent = reader?.whenSent(messageIdFromKey(key));
      // a message that is sent again has the DUP flag [MQTT-3.3.1-1]
      yield packetId > 0 && packet.cmd === "publish" ? { ...packet, dup: true } : packet;
      await sent;
    }
    reader?.finish();
  }

  /** Stores the packet identifier of a QoS 2 message that the client has sent. */
  addReceived(session: Session, packetId: number): void {
    session.received.add(packetId);
    this.#store.put(receivedKeyOf(session.id, packetId), Buffer.alloc(0));
  }

  /** Deletes the packet identifier of a QoS 2 message that the client has released (PUBREL). */
  removeReceived(session: Session, packetId: number): void {
    if (session.received.delete(packetId)) this.#store.delete(receivedKeyOf(session.id, packetId));
  }

  #remove(session: Session, key: string): void {
    const packetId = session.queue.get(key);
    if (packetId === undefined) return;
    session.queue.delete(key);
    session.sent.delete(packetId);
    this.#size--;
    this.#store.delete(key);
  }
}
