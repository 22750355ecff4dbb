/** The inbound half of a session: messages from their arrival until they are handled and acknowledged. */

import { encodeAck } from "./encode.js"
import { PacketType, Publish, QoS } from "./packet.js"
import { Wire } from "./wire.js"

/** The inbox is full with so many messages, or with so many bytes of payload. One message always fits. */
export interface InboxLimits {
    readonly messages: number
    readonly bytes: number
}

/** Messages of QoS 1, handled offline, that are remembered so as to know them when they come again. */
const MAX_OWED = 32

/** Messages of QoS 2 that may wait for their PUBREL: 4 KB of heap. Brokers have far fewer under way. */
const MAX_UNRELEASED = 512

/**
 * A message is acknowledged once its handler is done: one that a board took over and forgot, as it lost power, comes
 * again. It also makes the broker's in-flight window the brake for a slow handler.
 */
export class Inbound {
    private inbox: Publish[] = []
    private bytes = 0
    /** The message that is being handled. */
    private current: Publish | undefined = undefined
    /** Whether it came over an earlier connection, so that the broker will send it again. */
    private currentIsOld = false
    /** Messages of QoS 1 that were handled, but could not be acknowledged. */
    private owed: number[] = []
    /** Messages of QoS 2 that were handled, but not released by the broker: they must not be handled again. */
    private unreleased: number[] = []

    constructor(
        private wire: Wire,
        private limits: InboxLimits
    ) {}

    /** Whether the next message has to wait until one is taken. */
    full(): boolean {
        return this.inbox.length >= this.limits.messages || this.bytes >= this.limits.bytes
    }

    /**
     * CONNACK said yes. A broker that kept the session sends again, in order, what was not acknowledged: that is
     * awaited. One that lost it will not: what waits is handled, and never acknowledged.
     */
    connect(sessionPresent: boolean): void {
        if (sessionPresent) {
            this.inbox = this.inbox.filter(m => !m.id)
            this.bytes = 0
            for (const m of this.inbox) this.bytes += m.payload.length
            return
        }
        for (const m of this.inbox) m.id = 0
        if (this.current) this.current.id = 0
        this.owed = []
        this.unreleased = []
    }

    /** The connection is over. */
    disconnect(): void {
        if (this.current) this.currentIsOld = true
    }

    /** The next message to handle, in the order of arrival; undefined when there is none. */
    take(): Publish | undefined {
        const message = this.inbox.shift()
        if (message) this.bytes -= message.payload.length
        this.current = message
        this.currentIsOld = !this.wire.connected
        return message
    }

    /** The message that was taken last is handled: acknowledges it. */
    handled(): void {
        const message = this.current
        this.current = undefined
        if (message && message.id) this.acknowledge(message.qos, message.id, this.wire.connected && !this.currentIsOld)
    }

    /** PUBLISH. Gives the reason, in half a sentence, when the connection must end; "" otherwise. */
    receive(publish: Publish): string {
        const counters = this.wire.counters
        const id = publish.id
        counters.received++
        if (id && this.isDuplicate(publish)) {
            counters.duplicates++
            return ""
        }
        if (publish.qos === 2 && this.unreleased.length >= MAX_UNRELEASED)
            return `the broker does not release messages of QoS 2, ${MAX_UNRELEASED} of them`
        if (publish.skipped) {
            counters.skipped++
            this.wire.owner.report(
                `skipped a message of ${publish.skipped} bytes on ${publish.topic}: longer than maxPacket`
            )
            if (id) this.acknowledge(publish.qos, id, true)
        } else if (!id && this.full()) {
            counters.dropped++
        } else {
            this.inbox.push(publish)
            this.bytes += publish.payload.length
        }
        return ""
    }

    /** PUBREL. Answered also when it is not known: the broker did not get the first PUBCOMP, [MQTT-4.3.3-2]. */
    release(id: number): void {
        this.unreleased = this.unreleased.filter(u => u !== id)
        this.wire.send(encodeAck(PacketType.Pubcomp, id))
    }

    /** PUBACK or PUBREC; not `now`: as soon as the broker sends the message again. */
    private acknowledge(qos: QoS, id: number, now: boolean): void {
        if (now) this.wire.send(encodeAck(qos === 2 ? PacketType.Pubrec : PacketType.Puback, id))
        if (qos === 2) this.unreleased.push(id)
        else if (!now) {
            this.owed.push(id)
            if (this.owed.length > MAX_OWED) this.owed.shift()
        }
    }

    /** Whether a message was taken over before. If it was handled too, this repeats the acknowledgement. */
    private isDuplicate(publish: Publish): boolean {
        const id = publish.id
        const qos = publish.qos
        const current = this.current
        if (current && current.id === id && current.qos === qos && (qos === 2 || publish.dup)) {
            // it will be acknowledged when its handler is done
            this.currentIsOld = false
            return true
        }
        if (qos === 2) {
            if (this.unreleased.indexOf(id) < 0) return this.inbox.some(m => m.id === id && m.qos === 2)
            this.wire.send(encodeAck(PacketType.Pubrec, id))
            return true
        }
        if (this.owed.indexOf(id) < 0) return false
        this.owed = this.owed.filter(o => o !== id)
        // without DUP it is another message under the same identifier, [MQTT-4.3.2-2]
        if (!publish.dup) return false
        this.wire.send(encodeAck(PacketType.Puback, id))
        return true
    }
}
