/** The outbound half of a session: publications until they are acknowledged, SUBSCRIBE and UNSUBSCRIBE until they are answered. */

import { bytesOf, encodeAck, encodePublish, encodeSubscribe, encodeUnsubscribe, setDup } from "./encode.js"
import { MAX_UINT16, PacketType, QoS, SUBACK_FAILURE } from "./packet.js"
import { Done, Wire } from "./wire.js"

/** How far a publication has come. */
const enum Progress {
    /** It was accepted while offline. */
    Waiting,
    /** PUBLISH was sent. */
    Sent,
    /** PUBREC came, PUBREL was sent. */
    Released,
}

interface Publication {
    readonly id: number
    readonly qos: QoS
    readonly retain: boolean
    /** The PUBLISH packet; empty once it must not be sent again. */
    packet: Buffer
    progress: Progress
    /** It waits for `release`. */
    held: boolean
    readonly done: Done | undefined
}

interface Request {
    readonly id: number
    readonly filter: string
    /** Undefined for UNSUBSCRIBE. */
    readonly qos: QoS | undefined
}

const NO_BYTES = Buffer.alloc(0)

export class Outbound {
    /** How many publications of QoS 1 and 2 are still taken. */
    room: number
    /** Whether publications that are not retained wait for `release`. */
    holding = false

    private lastId = 0
    /** In the order of publishing. */
    private window: Publication[] = []
    private requests: Request[] = []

    /** `maxInflight`: how many publications of QoS 1 and 2 are taken, 1 to 65,535. */
    constructor(
        private wire: Wire,
        maxInflight: number
    ) {
        this.room = maxInflight
    }

    /** Whether the broker owes an answer. */
    waiting(): boolean {
        if (this.requests.length > 0) return true
        for (const p of this.window) if (p.progress !== Progress.Waiting && !p.held) return true
        return false
    }

    /**
     * After CONNACK: sends again what was not acknowledged, in the order of the first time ([MQTT-4.4.0-1],
     * [MQTT-4.6.0-1]), and what was accepted while offline.
     *
     * A broker that lost the session gets the same, as nobody else will send it; but what it took over with PUBREC
     * counts as delivered.
     */
    resend(sessionPresent: boolean): void {
        // `done` may publish, which appends to the window: what it appends it sends
        const resend = this.window.slice()
        for (const p of resend) {
            if (p.progress !== Progress.Released) this.offer(p)
            else if (sessionPresent) {
                this.wire.counters.resent++
                this.wire.send(encodeAck(PacketType.Pubrel, p.id))
            } else this.complete(p)
        }
    }

    /** Sends what was held. */
    release(): void {
        this.holding = false
        for (const p of this.window.slice()) {
            if (!p.held) continue
            p.held = false
            if (this.wire.connected) this.send(p)
        }
    }

    /** The connection is over. */
    disconnect(): void {
        // section 4.4: SUBSCRIBE and UNSUBSCRIBE are not part of the session, the client sends them anew
        this.requests = []
    }

    /** Takes a publication of QoS 1 or 2; false when the window is full. Sends it now, or with `resend`. */
    publish(topic: string, payload: string | Buffer, qos: QoS, retain: boolean, done?: Done): boolean {
        if (this.room <= 0) return false
        const id = this.nextId()
        const packet = encodePublish(topic, bytesOf(payload), qos, retain, id)
        const publication: Publication = { id, qos, retain, packet, progress: Progress.Waiting, held: false, done }
        this.window.push(publication)
        this.room--
        if (this.wire.connected) this.offer(publication)
        return true
    }

    /** Sends SUBSCRIBE, or UNSUBSCRIBE when `qos` is undefined. */
    request(filter: string, qos: QoS | undefined): void {
        const id = this.nextId()
        this.requests.push({ id, filter, qos })
        this.wire.send(qos === undefined ? encodeUnsubscribe(id, filter) : encodeSubscribe(id, filter, qos))
    }

    /** PUBACK, or PUBCOMP for QoS 2. One that nothing waits for is of no consequence. */
    acknowledged(id: number, qos: QoS): void {
        const publication = this.find(id)
        if (!publication || publication.qos !== qos) return
        if (publication.progress === (qos === 2 ? Progress.Released : Progress.Sent)) this.complete(publication)
    }

    /** PUBREC. One that nothing waits for is answered too: the broker has to get rid of it. */
    received(id: number): void {
        const publication = this.find(id)
        if (publication) {
            if (publication.qos !== 2 || publication.progress === Progress.Waiting) return
            publication.progress = Progress.Released
            // [MQTT-4.3.3-1]: the PUBLISH must not be sent again
            publication.packet = NO_BYTES
        }
        this.wire.send(encodeAck(PacketType.Pubrel, id))
    }

    /** SUBACK with its return codes, or UNSUBACK without any. */
    answered(id: number, codes: number[] | undefined): void {
        for (const request of this.requests) {
            if (request.id !== id) continue
            this.requests = this.requests.filter(r => r.id !== id)
            if (!codes || request.qos === undefined) return
            if (codes[0] === SUBACK_FAILURE)
                this.wire.owner.report(`the broker refused the subscription to ${request.filter}`)
            else if (codes[0] < request.qos)
                this.wire.owner.report(`the broker grants ${request.filter} QoS ${codes[0]}, not ${request.qos}`)
            return
        }
    }

    private offer(publication: Publication): void {
        // what is retained waits at the broker for whoever comes
        publication.held = this.holding && !publication.retain
        if (!publication.held) this.send(publication)
    }

    private send(publication: Publication): void {
        if (publication.progress === Progress.Waiting) {
            publication.progress = Progress.Sent
            this.wire.counters.sent++
        } else {
            setDup(publication.packet)
            this.wire.counters.resent++
        }
        this.wire.send(publication.packet)
    }

    private complete(publication: Publication): void {
        this.window = this.window.filter(p => p !== publication)
        this.room++
        this.wire.counters.acknowledged++
        if (publication.done) this.wire.owner.delivered(publication.done)
    }

    private isFree(id: number): boolean {
        return !this.find(id) && !this.requests.some(r => r.id === id)
    }

    private find(id: number): Publication | undefined {
        return this.window.find(p => p.id === id)
    }

    /** An identifier that is not in use, [MQTT-2.3.1-2]. There is one: the window is far smaller than their number. */
    private nextId(): number {
        this.lastId = this.lastId >= MAX_UINT16 ? 1 : this.lastId + 1
        while (!this.isFree(this.lastId)) this.lastId = this.lastId >= MAX_UINT16 ? 1 : this.lastId + 1
        return this.lastId
    }
}
