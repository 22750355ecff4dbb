/** Inbound half of an MQTT session: queues received messages until they are handled and acknowledged. */

import { encodeAck } from "./encode.js"
import { PacketType, Publish, QoS } from "./packet.js"
import { Wire } from "./wire.js"

/** Limits of the inbox. The inbox is full when it reaches either limit; an empty inbox accepts any message. */
export interface InboxLimits {
    readonly messages: number
    /** Maximum total size of the payloads in the inbox, in bytes. */
    readonly bytes: number
}

/**
 * Largest number of handled QoS 1 messages whose PUBACK has not been sent. If the broker resends one of these messages,
 * the client does not handle it again.
 */
const MAX_UNACKNOWLEDGED = 32

/** Largest number of QoS 2 messages that wait for PUBREL (4 KB of heap). One more ends the connection. */
const MAX_UNRELEASED = 512

/**
 * Receives messages and acknowledges each after its handlers finish. If the board loses power earlier, the broker
 * resends the message. When handlers are slow, late acknowledgment also slows the broker down, because the broker
 * limits the number of unacknowledged messages.
 */
export class Inbound {
    /** Number of list entries searched since the connection last set this to 0, to limit the work between two yields. */
    searched = 0

    private inbox: Publish[] = []
    private bytes = 0
    /** The message that the handlers are processing; undefined between two messages. */
    private current: Publish | undefined = undefined
    /** Whether `current` arrived over an earlier connection, so that the broker will resend it. */
    private currentIsOld = false
    /** Identifiers of QoS 1 messages that were handled while offline and not yet acknowledged. */
    private unacknowledged: number[] = []
    /** Identifiers of QoS 2 messages that were handled, but for which no PUBREL has arrived. */
    private unreleased: number[] = []

    constructor(
        private wire: Wire,
        private limits: InboxLimits
    ) {}

    /** Returns whether the inbox has reached a limit, so that the client must stop reading. */
    full(): boolean {
        return this.inbox.length >= this.limits.messages || this.bytes >= this.limits.bytes
    }

    /**
     * Adapts the inbox to a new connection. A broker that kept the session resends unacknowledged messages in order, so
     * the inbox drops its copies. A broker that lost the session does not resend them, so the inbox keeps them and never
     * acknowledges them.
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
        this.unacknowledged = []
        this.unreleased = []
    }

    /** Marks the current message as old, because the broker will resend it. Call when the connection ends. */
    disconnect(): void {
        if (this.current) this.currentIsOld = true
    }

    /** Removes and returns the next message to handle, in order of arrival; undefined if the inbox is empty. */
    take(): Publish | undefined {
        const message = this.inbox.shift()
        if (message) this.bytes -= message.payload.length
        this.current = message
        this.currentIsOld = !this.wire.connected
        return message
    }

    /** Acknowledges the message that `take` returned last. Must be called when that message's handlers are done. */
    handled(): void {
        const message = this.current
        this.current = undefined
        if (message && message.id) this.acknowledge(message.qos, message.id, this.wire.connected && !this.currentIsOld)
    }

    /** Handles PUBLISH. Returns "", or the reason if the connection must end. */
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

    /** Handles PUBREL. Answers unknown identifiers too, because the first PUBCOMP may have been lost [MQTT-4.3.3-2]. */
    release(id: number): void {
        // Brokers release messages in order, so the first identifier is usually the right one.
        if (this.unreleased[0] === id) this.unreleased.shift()
        else {
            this.searched += this.unreleased.length
            this.unreleased = this.unreleased.filter(u => u !== id)
        }
        this.wire.send(encodeAck(PacketType.Pubcomp, id))
    }

    /**
     * Sends PUBACK or PUBREC, and stores the identifier if needed to recognize a resent message.
     * @param now if false, acknowledges the message only when the broker resends it
     */
    private acknowledge(qos: QoS, id: number, now: boolean): void {
        if (now) this.wire.send(encodeAck(qos === 2 ? PacketType.Pubrec : PacketType.Puback, id))
        if (qos === 2) this.unreleased.push(id)
        else if (!now) {
            this.unacknowledged.push(id)
            if (this.unacknowledged.length > MAX_UNACKNOWLEDGED) this.unacknowledged.shift()
        }
    }

    /** Returns whether a message was received before. If it was also handled, sends its acknowledgment again. */
    private isDuplicate(publish: Publish): boolean {
        const id = publish.id
        const qos = publish.qos
        const current = this.current
        if (current && current.id === id && current.qos === qos && (qos === 2 || publish.dup)) {
            // The message will be acknowledged over this connection when its handler is done.
            this.currentIsOld = false
            return true
        }
        if (qos === 2) {
            this.searched += this.unreleased.length
            if (this.unreleased.indexOf(id) < 0) {
                for (const m of this.inbox) if (m.id === id && m.qos === 2) return true
                return false
            }
            this.wire.send(encodeAck(PacketType.Pubrec, id))
            return true
        }
        if (this.unacknowledged.indexOf(id) < 0) return false
        this.unacknowledged = this.unacknowledged.filter(u => u !== id)
        // A resent message has DUP set [MQTT-3.3.1-1], so without DUP this is a new message that reuses the identifier.
        if (!publish.dup) return false
        this.wire.send(encodeAck(PacketType.Puback, id))
        return true
    }
}
