/**
 * The session, section 4.1: what client and broker owe each other, and what outlives a connection. A pure state
 * machine: packets go in by `receive`, bytes come out to the carrier; it knows neither time nor network.
 */

import { Inbound, InboxLimits } from "./inbound.js"
import { Outbound } from "./outbound.js"
import { Packet, PacketType } from "./packet.js"
import { Counters } from "./counters.js"
import { Owner, Wire } from "./wire.js"

/** What carries packets to the broker. */
export interface Carrier {
    send(packet: Buffer): void
}

export class Session implements Wire {
    connected = false
    private carrier: Carrier | undefined = undefined
    readonly outbound: Outbound
    readonly inbound: Inbound

    /** `maxInflight`: publications of QoS 1 and 2 that may be under way, 1 to 65,535. */
    constructor(
        maxInflight: number,
        inbox: InboxLimits,
        readonly counters: Counters,
        readonly owner: Owner
    ) {
        this.outbound = new Outbound(this, maxInflight)
        this.inbound = new Inbound(this, inbox)
    }

    /**
     * CONNACK said yes, and whether the broker kept the session; `carrier` takes what is to be sent. Then it is time
     * to subscribe, and to call `outbound.resend`.
     */
    connect(sessionPresent: boolean, carrier: Carrier): void {
        this.carrier = carrier
        this.connected = true
        this.inbound.connect(sessionPresent)
    }

    /** The connection is over; nothing is sent until `connect`. */
    disconnect(): void {
        this.connected = false
        this.carrier = undefined
        this.inbound.disconnect()
        this.outbound.disconnect()
    }

    /**
     * Takes a packet of the broker's that belongs to the session: any but CONNACK and PINGRESP.
     * Gives the reason, in half a sentence, when the connection must end; "" otherwise.
     */
    receive(packet: Packet): string {
        if (packet.type === PacketType.Publish) return this.inbound.receive(packet)
        if (packet.type === PacketType.Pubrel) this.inbound.release(packet.id)
        else if (packet.type === PacketType.Puback) this.outbound.acknowledged(packet.id, 1)
        else if (packet.type === PacketType.Pubrec) this.outbound.received(packet.id)
        else if (packet.type === PacketType.Pubcomp) this.outbound.acknowledged(packet.id, 2)
        else if (packet.type === PacketType.Suback) this.outbound.answered(packet.id, packet.codes)
        else if (packet.type === PacketType.Unsuback) this.outbound.answered(packet.id, undefined)
        return ""
    }

    send(packet: Buffer): void {
        if (this.carrier) this.carrier.send(packet)
    }
}
