import type { PublishMode } from "../mqtt/publish-mode.js";

/** Publishes messages at QoS 1 through the connection to the broker, which is established later. */
export class Publisher {
  #publish: ((topic: string, payload: Buffer, mode: PublishMode) => void) | undefined;

  /** Publishes through this connection from now on. */
  connect(publish: (topic: string, payload: Buffer, mode: PublishMode) => void): void {
    this.#publish = publish;
  }

  /** @throws Error if there is no connection yet */
  publish(topic: string, payload: Buffer, mode: PublishMode): void {
    if (!this.#publish) throw new Error(`Cannot publish on ${topic} before there is a connection to a broker.`);
    this.#publish(topic, payload, mode);
  }
}
