import type { Client } from "aedes";
import type { MessageId, QueueReader } from "../storage/message-queues.js";

/** Follows how far aedes has read the queue of a client that connects. */
class ConnectingReader implements QueueReader {
  isFinished = false;
  #awaited: MessageId | undefined;
  #resume: (() => void) | undefined;

  whenSent(message: MessageId): Promise<void> {
    this.#awaited = message;
    return new Promise((resolve) => (this.#resume = resolve));
  }

  finish(): void {
    this.isFinished = true;
  }

  /** Records that aedes has sent a message. */
  markSent({ brokerId, brokerCounter }: MessageId): void {
    const awaited = this.#awaited;
    if (awaited && brokerId === awaited.brokerId && brokerCounter === awaited.brokerCounter) this.#resume?.();
  }

  /** Lets the reading end after the connection has ended. */
  close(): void {
    this.#resume?.();
  }
}

/** Knows which clients with a session have received their whole queue, so that they receive further messages live. */
export class QueueReaders {
  readonly #readers = new WeakMap<Client, ConnectingReader>();

  /** Starts to follow the reading of a client's queue. */
  open(client: Client): QueueReader {
    const reader = new ConnectingReader();
    this.#readers.set(client, reader);
    return reader;
  }

  /** Returns whether aedes has sent all messages of the client's queue. */
  isFinished(client: Client): boolean {
    return this.#readers.get(client)?.isFinished ?? false;
  }

  /** Records that aedes has sent a message to a client. */
  markSent(client: Client, message: MessageId): void {
    this.#readers.get(client)?.markSent(message);
  }

  /** Stops following a client that has disconnected. */
  close(client: Client): void {
    this.#readers.get(client)?.close();
  }
}
