import type { Client } from "aedes";
import { ProtocolViolation } from "../mqtt/packet-checks.js";
import { REASON_CODE } from "../mqtt/packets.js";
import type { SessionStore } from "../storage/session-store.js";

/** Maximum number of unreleased QoS 2 messages of one client: the broker's Receive Maximum (MQTT 5.0, 3.2.2.3.3). */
export const RECEIVE_MAXIMUM = 1000;

/**
 * Packet identifiers of QoS 2 messages that clients have sent and not released with PUBREL. The broker uses them to
 * drop a message that a client sends again. Clients with a persistent session have their identifiers stored in the
 * session.
 */
export class ReceivedPacketIds {
  readonly #sessions: SessionStore;
  /** Packet identifiers by client, for clients without a persistent session. */
  readonly #unstored = new WeakMap<object, Set<number>>();

  constructor(sessions: SessionStore) {
    this.#sessions = sessions;
  }

  /**
   * Records the packet identifier of a received QoS 2 message.
   * @throws ProtocolViolation when the client exceeds the broker's Receive Maximum
   */
  add(client: Client, packetId: number): void {
    if (this.#of(client).size >= RECEIVE_MAXIMUM)
      throw new ProtocolViolation(
        `more than ${RECEIVE_MAXIMUM} messages of QoS 2 are not released`,
        REASON_CODE.receiveMaximumExceeded,
        "over-limit",
      );
    const session = this.#sessions.get(client.id);
    if (session) this.#sessions.messages.addReceived(session, packetId);
    else this.#of(client).add(packetId);
  }

  has(client: Client, packetId: number): boolean {
    return this.#of(client).has(packetId);
  }

  delete(client: Client, packetId: number): void {
    const session = this.#sessions.get(client.id);
    if (session) this.#sessions.messages.removeReceived(session, packetId);
    else this.#of(client).delete(packetId);
  }

  #of(client: Client): Set<number> {
    const session = this.#sessions.get(client.id);
    if (session) return session.received;
    let ids = this.#unstored.get(client);
    if (!ids) this.#unstored.set(client, (ids = new Set()));
    return ids;
  }
}
