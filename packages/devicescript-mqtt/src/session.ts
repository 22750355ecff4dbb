/**
 * MQTT session, section 4.1: the client's delivery state, which outlives a connection. A state machine without network:
 * received packets enter through `receive`, packets to send leave through a `PacketSender`.
 */

import { Inbound, InboxLimits } from "./inbound.js"
import { Outbound } from "./outbound.js"
import { Packet, PacketType } from "./packet.js"
import { Counters } from "./counters.js"
import { SessionOwner, Wire } from "./wire.js"

/** Monotonic clock, in ms. */
export interface Clock {
    millis(): number
}

/** Interface through which a session sends packets to the broker. */
export interface PacketSender {
    send(packet: Buffer): void
}

export class Session implements Wire {
    connected = false
    private sender: PacketSender | undefined = undefined
    private isFirstConnect = true
    readonly outbound: Outbound
    readonly inbound: Inbound

    /** @param maxInflight largest number of unacknowledged publications of QoS 1 and 2, 1 to 64 */
    constructor(
        maxInflight: number,
        inbox: InboxLimits,
        readonly counters: Counters,
        readonly owner: SessionOwner,
        private clock: Clock
    ) {
        this.outbound = new Outbound(this, maxInflight)
        this.inbound = new Inbound(this, inbox)
    }

    /**
     * Attaches the session to a new connection, after CONNACK accepted it. The caller must then subscribe and call
     * `outbound.resend`.
     * @param sessionPresent whether the broker kept the session
     */
    connect(sessionPresent: boolean, sender: PacketSender): void {
        this.sender = sender
        this.connected = true
        this.inbound.connect(sessionPresent)
        if (this.isFirstConnect) this.outbound.hasForgottenIds = sessionPresent
        this.isFirstConnect = false
    }

    /** Detaches the session from its connection. No packet is sent until the next `connect`. */
    disconnect(): void {
        this.connected = false
        this.sender = undefined
        this.inbound.disconnect()
        this.outbound.disconnect()
    }

    /**
     * Handles a packet from the broker, except CONNACK and PINGRESP, which are not part of the session.
     * Returns "", or the reason if the connection must end.
     */
    receive(packet: Packet): string {
        if (packet.type === PacketType.Publish) return this.inbound.receive(packet)
        if (packet.type === PacketType.Pubrel) this.inbound.release(packet.id)
        else if (packet.type === PacketType.Puback) this.outbound.acknowledged(packet.id, 1)
        else if (packet.type === PacketType.Pubrec) this.outbound.received(packet.id)
        else if (packet.type === PacketType.Pubcomp) this.outbound.acknowledged(packet.id, 2)
        else if (packet.type === PacketType.Suback) this.outbound.answered(packet.id, packet.code)
        else if (packet.type === PacketType.Unsuback) this.outbound.answered(packet.id, undefined)
        return ""
    }

    millis(): number {
        return this.clock.millis()
    }

    send(packet: Buffer): void {
        if (this.sender) this.sender.send(packet)
    }
}
