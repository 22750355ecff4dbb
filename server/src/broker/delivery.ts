import type { AedesPublishPacket, Client, PublishPacket } from "aedes";
import type { AccessControl } from "./access-control.js";
import type { SessionStore } from "../storage/session-store.js";

/** Delivers messages to clients: decides who receives a message, at which QoS, and in which order. */
export class MessageDelivery {
  readonly #access: AccessControl;
  readonly #sessions: SessionStore;
  readonly #failed: (error: unknown) => void;

  constructor(access: AccessControl, sessions: SessionStore, failed: (error: unknown) => void) {
    this.#access = access;
    this.#sessions = sessions;
    this.#failed = failed;
  }

  /** The `authorizeForward` hook of aedes. @returns null when the client does not receive the message */
  authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    // A queued message has a packet identifier. A retained message for a new subscription has no broker id.
    const isLive = packet.messageId === undefined && Boolean(packet.brokerId);
    // Skip a live message while the client connects: the message is also in the client's queue, which is sent first
    // [MQTT-4.6.0-6].
    if (client.connecting && isLive) return null;
    const qos = this.#access.deliveryQos(client, packet);
    if (qos === undefined || (qos === 0 && packet.qos > 0)) this.#drop(client, packet);
    if (qos === undefined) return null;
    packet.qos = qos;
    // A retained message for a new subscription has no broker id and keeps its retain flag [MQTT-3.3.1-8].
    if (packet.retain && packet.brokerId) this.#handleRetain(client, packet, isLive);
    // Add all identifiers, because aedes adds the identifier of only one of several overlapping subscriptions.
    if (client.version === 5 && packet.brokerId) this.#addIdentifiers(client, packet);
    return packet;
  }

  /** Delivers messages that arrived after aedes had read the client's queue and before the client was ready. */
  deliverQueued(client: Client): void {
    const session = client.clean ? undefined : this.#sessions.get(client.id);
    if (!session || session.queue.size === session.sent.size) return;
    const deliver = async (): Promise<void> => {
      for await (const packet of this.#sessions.messages.queuedIn(session))
        if (!packet.messageId) client.publish(packet as PublishPacket);
    };
    deliver().catch(this.#failed);
  }

  /**
   * Clears the retain flag unless the subscription has Retain As Published [MQTT-3.3.1-12]. aedes does not clear the
   * flag of queued messages.
   */
  #handleRetain(client: Client, packet: AedesPublishPacket, isLive: boolean): void {
    packet.retain = this.#access.retainsAsPublished(client, packet.topic);
    const session = client.clean || packet.qos === 0 || !isLive ? undefined : this.#sessions.get(client.id);
    if (packet.retain && session) this.#sessions.messages.hideRetain(session, packet);
  }

  #addIdentifiers(client: Client, packet: AedesPublishPacket): void {
    const identifiers = this.#access.subscriptionIdentifiers(client, packet.topic);
    if (identifiers.length === 0) return;
    const subscriptionIdentifier = identifiers.length === 1 ? identifiers[0] : identifiers;
    packet.properties = { ...packet.properties, subscriptionIdentifier };
  }

  /** Removes a message from the client's queue. */
  #drop(client: Client, packet: AedesPublishPacket): void {
    const session = client.clean || !packet.brokerId ? undefined : this.#sessions.get(client.id);
    if (session) this.#sessions.messages.drop(session, packet);
  }
}
