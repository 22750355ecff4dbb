import type { PublishMode } from "../mqtt/publish-mode.js";

/** Publishes messages at QoS 1 at the broker. Components receive the publisher before the connection exists. */
export class Publisher {
  #publish: ((topic: string, payload: Buffer, mode: PublishMode) => void) | undefined;

  /** Sets the function that publishes through the connection. Until this call, `publish` throws. */
  setConnection(publish: (topic: string, payload: Buffer, mode: PublishMode) => void): void {
    this.#publish = publish;
  }

  /** Publishes a message. @throws Error before `setConnection` was called */
  publish(topic: string, payload: Buffer, mode: PublishMode): void {
    if (!this.#publish) throw new Error(`Cannot publish on ${topic} before there is a connection to a broker.`);
    this.#publish(topic, payload, mode);
  }
}
