/** Outbound half of an MQTT session: tracks publications, SUBSCRIBE and UNSUBSCRIBE until the broker acknowledges them. */

import { bytesOf, encodeAck, encodePublish, encodeRequest, setDup } from "./encode.js"
import { MAX_UINT16, PacketType, QoS, SUBACK_FAILURE } from "./packet.js"
import { DeliveryCallback, Wire } from "./wire.js"

/** Delivery state of a publication that the broker has not fully acknowledged. */
const enum Progress {
    /** PUBLISH has not been sent yet. */
    Waiting,
    /** PUBLISH was sent, but not answered yet. */
    Sent,
    /** QoS 2 only: PUBREC was received and PUBREL sent. */
    Released,
}

interface Publication {
    readonly id: number
    readonly qos: QoS
    readonly retain: boolean
    /** The encoded PUBLISH; empty once it must not be sent again. */
    packet: Buffer
    progress: Progress
    /** When the packet that awaits an acknowledgment was sent, in ms; Infinity if there is none. */
    sentAt: number
    /** Whether the publication waits for `release`. */
    isHeld: boolean
    readonly done: DeliveryCallback | undefined
}

/** A SUBSCRIBE or UNSUBSCRIBE without an answer. */
interface Request {
    readonly id: number
    readonly filter: string
    /** Requested QoS; undefined for UNSUBSCRIBE. */
    readonly qos: QoS | undefined
    /** When the packet was sent, in ms. */
    readonly sentAt: number
}

const NO_BYTES = Buffer.alloc(0)

/** Returns the publication or request with a packet identifier; undefined if there is none. */
function findById<T extends { readonly id: number }>(list: T[], id: number): T | undefined {
    for (const item of list) if (item.id === id) return item
    return undefined
}

export class Outbound {
    /** Number of publications of QoS 1 and 2 that are still accepted. */
    freeSlots: number
    /** Whether publications without retain wait for `release`. */
    holdsPublications = false

    /**
     * Whether the broker may still store QoS 2 messages of an earlier start of the program, which has forgotten their
     * identifiers. The broker would discard a new message with such an identifier as a duplicate.
     */
    hasForgottenIds = false

    private lastId = 0
    /** Whether every identifier has been used since the start of the program. */
    private wereAllIdsUsed = false
    /** In-flight window: unacknowledged publications, in the order of publishing. */
    private window: Publication[] = []
    private requests: Request[] = []

    /** @param maxInflight size of the in-flight window, 1 to 64 */
    constructor(
        private wire: Wire,
        maxInflight: number
    ) {
        this.freeSlots = maxInflight
    }

    /** Returns when the oldest packet without an acknowledgment was sent, in ms; Infinity if there is none. */
    oldestUnacknowledged(): number {
        let oldest = Infinity
        for (const r of this.requests) oldest = Math.min(oldest, r.sentAt)
        for (const p of this.window) oldest = Math.min(oldest, p.sentAt)
        return oldest
    }

    /**
     * Sends all unacknowledged publications, in their original order ([MQTT-4.4.0-1], [MQTT-4.6.0-1]). Must be called
     * after CONNACK.
     *
     * Sends them even if the broker lost the session, except those that wait for `release`. Publications that the lost
     * session acknowledged with PUBREC count as delivered.
     */
    resend(sessionPresent: boolean): void {
        // Copy the window: a `done` callback may publish, and publish() sends the message itself.
        const publications = this.window.slice()
        for (const p of publications) {
            if (p.progress !== Progress.Released) this.sendOrHold(p)
            else if (sessionPresent) {
                this.wire.counters.resent++
                this.sendPubrel(p.id)
                p.sentAt = this.wire.millis()
            } else this.complete(p)
        }
    }

    /** Sends the held publications and stops holding new ones. */
    release(): void {
        this.holdsPublications = false
        for (const p of this.window.slice()) {
            if (!p.isHeld) continue
            p.isHeld = false
            if (this.wire.connected) this.send(p)
        }
    }

    /** Discards unanswered SUBSCRIBE and UNSUBSCRIBE requests. Call when the connection ends. */
    disconnect(): void {
        // Section 4.4: the session does not include SUBSCRIBE and UNSUBSCRIBE. The client sends them after every connect.
        this.requests = []
    }

    /**
     * Adds a publication of QoS 1 or 2. Sends it now, or after the next connect. Returns false if the in-flight window is
     * full.
     */
    publish(topic: string, payload: string | Buffer, qos: QoS, retain: boolean, done?: DeliveryCallback): boolean {
        if (this.freeSlots <= 0) return false
        const id = this.nextId()
        const packet = encodePublish(topic, bytesOf(payload), qos, retain, id)
        const progress = Progress.Waiting
        const publication: Publication = { id, qos, retain, packet, progress, sentAt: Infinity, isHeld: false, done }
        this.window.push(publication)
        this.freeSlots--
        if (this.wire.connected) this.sendOrHold(publication)
        return true
    }

    /** Sends SUBSCRIBE, or UNSUBSCRIBE if `qos` is undefined. */
    request(filter: string, qos: QoS | undefined): void {
        const id = this.nextId()
        this.requests.push({ id, filter, qos, sentAt: this.wire.millis() })
        this.wire.send(encodeRequest(id, filter, qos))
    }

    /** Handles PUBACK, or PUBCOMP for QoS 2. Ignores unknown identifiers. */
    acknowledged(id: number, qos: QoS): void {
        const publication = findById(this.window, id)
        if (!publication || publication.qos !== qos) return
        if (publication.progress === (qos === 2 ? Progress.Released : Progress.Sent)) this.complete(publication)
    }

    /** Handles PUBREC. Answers unknown identifiers too, so that the broker can finish the exchange. */
    received(id: number): void {
        const publication = findById(this.window, id)
        if (publication) {
            if (publication.qos !== 2 || publication.progress === Progress.Waiting) return
            publication.progress = Progress.Released
            // [MQTT-4.3.3-1]: PUBLISH must not be sent again once PUBREL has been sent, which follows below.
            publication.packet = NO_BYTES
            publication.sentAt = this.wire.millis()
        }
        this.sendPubrel(id)
    }

    /**
     * Handles SUBACK or UNSUBACK.
     * @param code return code of SUBACK; undefined for UNSUBACK
     */
    answered(id: number, code: number | undefined): void {
        const request = findById(this.requests, id)
        if (!request) return
        this.requests = this.requests.filter(r => r !== request)
        if (code === undefined || request.qos === undefined || code === request.qos) return
        this.wire.owner.report(
            code === SUBACK_FAILURE
                ? `the broker refused the subscription to ${request.filter}`
                : `the broker grants ${request.filter} QoS ${code}, not ${request.qos}`
        )
    }

    private sendOrHold(publication: Publication): void {
        // Retained messages need no holding: the broker delivers them when receivers subscribe again.
        publication.isHeld = this.holdsPublications && !publication.retain
        if (publication.isHeld) publication.sentAt = Infinity
        else this.send(publication)
    }

    private send(publication: Publication): void {
        if (publication.progress === Progress.Waiting) {
            publication.progress = Progress.Sent
            this.wire.counters.sent++
            // PUBREL makes the broker forget an earlier message with this identifier, so it accepts the new message.
            if (publication.qos === 2 && this.hasForgottenIds && !this.wereAllIdsUsed) this.sendPubrel(publication.id)
        } else {
            setDup(publication.packet)
            this.wire.counters.resent++
        }
        publication.sentAt = this.wire.millis()
        this.wire.send(publication.packet)
    }

    private sendPubrel(id: number): void {
        this.wire.send(encodeAck(PacketType.Pubrel, id))
    }

    private complete(publication: Publication): void {
        this.window = this.window.filter(p => p !== publication)
        this.freeSlots++
        this.wire.counters.acknowledged++
        if (publication.done) this.wire.owner.delivered(publication.done)
    }

    /** Returns an unused packet identifier, [MQTT-2.3.1-2]. One of the 65,535 is always free, because the window is smaller. */
    private nextId(): number {
        for (;;) {
            if (this.lastId >= MAX_UINT16) this.wereAllIdsUsed = true
            this.lastId = (this.lastId % MAX_UINT16) + 1
            if (!this.wereAllIdsUsed || (!findById(this.window, this.lastId) && !findById(this.requests, this.lastId)))
                return this.lastId
        }
    }
}
