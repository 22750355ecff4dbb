import type { AedesPublishPacket, Client, PublishPacket } from "aedes";
import type { Access } from "./access.js";
import type { SessionStore } from "../storage/session-store.js";

/** The path of a message to a client: who may receive it, at which QoS, and in which order. */
export class Delivery {
  readonly #access: Access;
  readonly #sessions: SessionStore;
  readonly #failed: (error: unknown) => void;

  constructor(access: Access, sessions: SessionStore, failed: (error: unknown) => void) {
    this.#access = access;
    this.#sessions = sessions;
    this.#failed = failed;
  }

  /** The hook `authorizeForward` of aedes. @returns null when the client does not receive the message */
  authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    // only messages from the client's queue have a packet identifier yet, only retained ones have no broker
    const isLive = packet.messageId === undefined && Boolean(packet.brokerId);
    // what waits in the queue comes first [MQTT-4.6.0-6]; this message is at its end
    if (client.connecting && isLive) return null;
    const qos = this.#access.deliveryQos(client, packet);
    if (qos === undefined || (qos === 0 && packet.qos > 0)) this.#drop(client, packet);
    if (qos === undefined) return null;
    packet.qos = qos;
    // only retained messages that answer a subscription have no broker; they keep the flag [MQTT-3.3.1-8]
    if (packet.retain && packet.brokerId) this.#handleRetain(client, packet, isLive);
    // aedes names one of several overlapping subscriptions; it answers a new one with its own
    if (client.version === 5 && packet.brokerId) this.#addIdentifiers(client, packet);
    return packet;
  }

  /** Delivers what was queued after the end of the queue had been sent and before the client was connected. */
  ready(client: Client): void {
    const session = client.clean ? undefined : this.#sessions.get(client.id);
    if (!session || session.queue.size === session.sent.size) return;
    const deliver = async (): Promise<void> => {
      for await (const packet of this.#sessions.messages.queuedIn(session))
        if (!packet.messageId) client.publish(packet as PublishPacket);
    };
    deliver().catch(this.#failed);
  }

  /** Clears the retain flag unless a subscription asks for it [MQTT-3.3.1-12]: aedes does not do so in queues. */
  #handleRetain(client: Client, packet: AedesPublishPacket, isLive: boolean): void {
    packet.retain = this.#access.keepsRetain(client, packet.topic);
    const session = client.clean || packet.qos === 0 || !isLive ? undefined : this.#sessions.get(client.id);
    if (packet.retain && session) this.#sessions.messages.hideRetain(session, packet);
  }

  #addIdentifiers(client: Client, packet: AedesPublishPacket): void {
    const identifiers = this.#access.subscriptionIdentifiers(client, packet.topic);
    if (identifiers.length === 0) return;
    const subscriptionIdentifier = identifiers.length === 1 ? identifiers[0] : identifiers;
    packet.properties = { ...packet.properties, subscriptionIdentifier };
  }

  /** It is not to wait for the client any longer. */
  #drop(client: Client, packet: AedesPublishPacket): void {
    const session = client.clean || !packet.brokerId ? undefined : this.#sessions.get(client.id);
    if (session) this.#sessions.messages.drop(session, packet);
  }
}
