import type { AedesPublishPacket, Client } from "aedes";
import type { AccessControl } from "./access-control.js";
import type { QueueReaders } from "./queue-reader.js";
import type { SessionStore } from "../storage/session-store.js";

/** Delivers messages to clients: decides who receives a message, at which QoS, and in which order. */
export class MessageDelivery {
  readonly #access: AccessControl;
  readonly #sessions: SessionStore;
  readonly #queueReaders: QueueReaders;

  constructor(access: AccessControl, sessions: SessionStore, queueReaders: QueueReaders) {
    this.#access = access;
    this.#sessions = sessions;
    this.#queueReaders = queueReaders;
  }

  /** The `authorizeForward` hook of aedes. @returns null when the client does not receive the message */
  authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    // A live message has just been published. A message from a queue has a packet identifier, and a retained message
    // for a new subscription has no broker id, so neither is live.
    const isLive = packet.messageId === undefined && Boolean(packet.brokerId);
    // A client that connects receives its queue first [MQTT-4.6.0-6]. The queue also contains messages that arrive
    // meanwhile.
    if (isLive && !this.#receivesLive(client, packet)) return null;
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

  /**
   * Returns whether a client receives a live message now. If not, the client has already received the message, or will
   * receive it from its queue.
   */
  #receivesLive(client: Client, packet: AedesPublishPacket): boolean {
    const session = client.clean ? undefined : this.#sessions.get(client.id);
    if (session && this.#sessions.messages.isSent(session, packet)) return false;
    return !client.connecting || this.#queueReaders.isFinished(client);
  }

  /**
   * Clears the retain flag unless the subscription has Retain As Published [MQTT-3.3.1-12]. aedes does not clear the
   * flag of queued messages.
   */
  #handleRetain(client: Client, packet: AedesPublishPacket, isLive: boolean): void {
    packet.retain = this.#access.retainsAsPublished(client, packet.topic);
    const session = client.clean || packet.qos === 0 || !isLive ? undefined : this.#sessions.get(client.id);
    if (packet.retain && session) this.#sessions.messages.hideRetainFlag(session, packet);
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
    if (session) this.#sessions.messages.remove(session, packet);
  }
}
