import type { PublishMode } from "../mqtt/publish-mode.js";
import type { BrokerConnection } from "./broker-connection.js";

/** Publishes messages to the broker at QoS 1. Components can receive the publisher before a connection exists. */
export class Publisher {
  #connection: Pick<BrokerConnection, "publish"> | undefined;

  /** Sets the connection. Until this call, `publish` throws. */
  setConnection(connection: Pick<BrokerConnection, "publish">): void {
    this.#connection = connection;
  }

  /** Publishes a message. @throws Error before `setConnection` was called */
  publish(topic: string, payload: Buffer, mode: PublishMode): void {
    if (!this.#connection) throw new Error(`Cannot publish on ${topic} before there is a connection to a broker.`);
    this.#connection.publish(topic, payload, mode);
  }
}
