/** A single MQTT connection, from CONNECT until it closes: handshake, reading, writing and keep-alive. */

import { Connect, encodeConnect, encodeEmpty } from "./encode.js"
import { KeepAlive, KeepAliveAction } from "./keepalive.js"
import { Link, Network, Signal } from "./network.js"
import { Connack, Packet, PacketType, Publish } from "./packet.js"
import { Parser } from "./parse.js"
import { PacketSender, Session } from "./session.js"

/** Why a connection ended. */
export const enum EndReason {
    /** The connection broke, or the broker closed it. */
    Lost,
    /** The broker refused the connection in CONNACK. */
    Refused,
    /** The broker sent bytes that are not valid MQTT. */
    Malformed,
    /** The program closed the connection with `stop`. */
    Closed,
}

/** Timeout for the broker to answer CONNECT, in ms. A shorter `connectTimeout` limits this time, too. */
const CONNACK_TIMEOUT = 6000

/** Timeout for the broker to acknowledge each SUBSCRIBE, UNSUBSCRIBE and PUBLISH, in ms. */
const ACK_TIMEOUT = 30000

/** Longest time between two checks of `ACK_TIMEOUT` and the keep-alive, in ms. */
const CHECK_INTERVAL = 5000

/** Timeout for the broker to close the connection after DISCONNECT, in ms. After it, the client closes the connection. */
const CLOSE_TIMEOUT = 1000

/** Longest time that a QoS 0 message waits for space in a full inbox before it is dropped, in ms. */
const INBOX_TIMEOUT = 1000

/**
 * Work between two yields to other tasks: `PACKET_WORK` for a packet, plus 1 for each list entry that is searched. The VM
 * ends a program that executes 131,072 instructions without yielding; a unit of work takes up to 30.
 */
const MAX_WORK = 2000
const PACKET_WORK = 100

/** Length of the send queue at which the client sends no QoS 0 message and processes no packet. */
const MAX_QUEUED = 16

/** Space in the send queue for packets other than publications. If the queue is full, the connection ends. */
const MAX_OTHERS = 128

/** Length of an acknowledgment, in bytes. Packets that are not longer are joined to the last one in the send queue. */
const ACK_LENGTH = 4

/** Length of a packet in the send queue, in bytes, above which nothing is joined to it. */
const MAX_JOINED = 128

/** Time before a packet is offered again to a full network queue, in ms. */
const RETRY_INTERVAL = 10

/** Texts for the CONNACK return codes, table 3.1. */
const CONNACK_TEXTS = [
    "",
    "it does not speak MQTT 3.1.1",
    "it does not allow this client identifier",
    "it is not available",
    "user name or password is wrong",
    "this client is not authorized",
]

export interface ConnectionOptions {
    readonly connect: Connect
    /** Largest packet that the client stores, in bytes. Longer messages are skipped and acknowledged. */
    readonly maxPacket: number
    readonly maxInflight: number
    /** The client's option `connectTimeout`, in ms. It also limits the wait for CONNACK. */
    readonly connectTimeout: number
    /** Signal that is set when a message leaves the inbox. */
    readonly inboxSpace: Signal
}

/** Callbacks of a connection, implemented by the client. */
export interface ConnectionOwner {
    /** Called when the broker accepts the connection, before any other packet is processed. */
    accepted(sessionPresent: boolean, sender: PacketSender): void
    /** Called when messages may have been added to the inbox. */
    messagesArrived(): void
}

export class Connection {
    /** Why the connection ended, as text; "" while it is open. */
    reason = ""
    endReason: EndReason = EndReason.Lost
    /** When the broker accepted the connection, in ms; -1 before that. Until then, only CONNECT may be sent. */
    acceptedAt = -1

    private parser: Parser
    private wake: Signal
    /** Send queue: packets that wait for room in the network queue. One buffer may contain several short packets. */
    private outbox: Buffer[] = []
    private openedAt: number
    private keepAlive: KeepAlive
    /** Whether reading is paused because the inbox is full. */
    private paused = false
    /** When the inbox became full, in ms; -1 if the inbox is not full. */
    private fullSince = -1
    /** When the client last continued to read after a pause, in ms. During a pause, no acknowledgment can arrive. */
    private resumedAt = 0
    /** When `close` was called, in ms; -1 before the call. */
    private closedAt = -1

    constructor(
        private network: Network,
        private link: Link,
        private session: Session,
        private options: ConnectionOptions,
        private owner: ConnectionOwner
    ) {
        this.parser = new Parser(options.maxPacket)
        this.wake = network.signal()
        this.openedAt = network.millis()
        this.keepAlive = new KeepAlive(options.connect.keepAlive, this.openedAt)
    }

    /** Runs the connection until it ends, then sets `reason` and `endReason`. Never throws. */
    async run(): Promise<void> {
        this.send(encodeConnect(this.options.connect))
        this.network.start(async (connection: Connection) => {
            await connection.runTimers()
        }, this)
        try {
            await this.read()
        } catch (e) {
            this.finish(EndReason.Lost, (e as Error).message)
        }
        this.finish(EndReason.Lost, "the broker closed the connection")
    }

    /** Sends a packet. Queues it if the network queue is full. */
    send(packet: Buffer): void {
        this.keepAlive.onSent(this.network.millis())
        const outbox = this.outbox
        const tail = outbox[outbox.length - 1]
        if (!tail && this.link.write(packet)) return
        // Limit the queue, because a broker that requests many acknowledgments could otherwise fill the memory.
        if (outbox.length >= 2 * this.options.maxInflight + MAX_OTHERS)
            return this.finish(EndReason.Lost, "the send queue is full")
        // The network queue has a place for each write, so the many acknowledgments of a burst must share writes.
        if (tail && packet.length <= ACK_LENGTH && tail.length <= MAX_JOINED) {
            outbox.pop()
            const joined = Buffer.alloc(tail.length + packet.length)
            joined.set(tail)
            joined.set(packet, tail.length)
            packet = joined
        }
        outbox.push(packet)
        this.wake.notify()
    }

    /** Returns whether the send queue is so long that QoS 0 messages must not be added. */
    congested(): boolean {
        return this.outbox.length >= MAX_QUEUED
    }

    /** Closes the connection with DISCONNECT, which makes the broker discard the will [MQTT-3.1.2-10]. */
    close(): void {
        if (this.closedAt >= 0) return
        this.closedAt = this.network.millis()
        if (this.acceptedAt >= 0) this.send(encodeEmpty(PacketType.Disconnect))
        else this.finish(EndReason.Closed, "stopped")
        // Wait for the broker to close the connection (section 3.14.4), so that DISCONNECT is not lost in the send queue.
        this.wake.notify()
    }

    private finish(end: EndReason, reason: string): void {
        if (this.reason) return
        const closed = this.closedAt >= 0
        this.endReason = closed ? EndReason.Closed : end
        this.reason = closed ? "stopped" : reason
        this.link.close()
        this.wake.notify()
        this.options.inboxSpace.notify()
    }

    /** Reads and processes packets until the connection ends. */
    private async read(): Promise<void> {
        let packets = 0
        const inbound = this.session.inbound
        for (;;) {
            const chunk = await this.link.recv()
            if (!chunk || this.reason) return
            this.keepAlive.onReceived(this.network.millis())
            this.parser.feed(chunk)
            for (;;) {
                const packet = this.parser.next()
                if (!packet) break
                if (packet.type === PacketType.Publish) await this.waitForInboxSpace(packet)
                // Let the send queue drain first, because each packet may cause an answer.
                while (this.congested() && !this.reason) await this.network.sleep(RETRY_INTERVAL)
                if (this.reason) return
                const problem = this.receive(packet)
                if (problem) return this.finish(EndReason.Malformed, problem)
                packets++
                if (packets * PACKET_WORK + inbound.searched < MAX_WORK) continue
                packets = 0
                inbound.searched = 0
                await this.network.sleep(0)
            }
            if (this.parser.problem) return this.finish(EndReason.Malformed, `the broker sent ${this.parser.problem}`)
        }
    }

    private receive(packet: Packet): string {
        if (packet.type === PacketType.Connack) return this.connack(packet)
        // CONNACK must be the first packet from the broker [MQTT-3.2.0-1].
        if (this.acceptedAt < 0) return "the broker sent something else before CONNACK"
        const problem = this.session.receive(packet)
        if (packet.type === PacketType.Publish) this.owner.messagesArrived()
        return problem
    }

    private connack(packet: Connack): string {
        if (this.acceptedAt >= 0) return "the broker sent CONNACK twice"
        if (packet.code !== 0) {
            const text =
                packet.code < CONNACK_TEXTS.length ? CONNACK_TEXTS[packet.code] : "for no reason that MQTT knows"
            this.finish(EndReason.Refused, `the broker refused the connection: ${text}`)
            return ""
        }
        this.acceptedAt = this.network.millis()
        this.owner.accepted(packet.sessionPresent, this)
        // Wake the timer task, which now checks the keep-alive instead of the CONNACK timeout.
        this.wake.notify()
        return ""
    }

    /**
     * Waits until the inbox has room for a message. No packet is read meanwhile, so TCP flow control slows the broker.
     * For a QoS 0 message, returns once the inbox was full for `INBOX_TIMEOUT`; the inbox then drops the message.
     */
    private async waitForInboxSpace(publish: Publish): Promise<void> {
        const inbound = this.session.inbound
        while (inbound.full() && !this.reason) {
            const now = this.network.millis()
            if (this.fullSince < 0) this.fullSince = now
            const remaining = publish.qos > 0 ? INBOX_TIMEOUT : this.fullSince + INBOX_TIMEOUT - now
            if (remaining <= 0) return
            this.paused = true
            await this.options.inboxSpace.notified(remaining)
            this.paused = false
            this.resumedAt = this.network.millis()
        }
        this.fullSince = -1
    }

    /** Sends queued packets and checks timeouts until the connection ends. */
    private async runTimers(): Promise<void> {
        while (!this.reason) {
            while (this.outbox.length > 0 && this.link.write(this.outbox[0])) this.outbox.shift()
            const delay = this.checkTimeouts(this.network.millis())
            if (!this.reason) await this.wake.notified(this.outbox.length > 0 ? RETRY_INTERVAL : delay)
        }
    }

    /** Ends the connection after a timeout and sends PINGREQ when it is due. Returns the time until the next check, in ms. */
    private checkTimeouts(now: number): number {
        if (this.closedAt >= 0) {
            if (now - this.closedAt >= CLOSE_TIMEOUT) this.finish(EndReason.Closed, "stopped")
            return CLOSE_TIMEOUT
        }
        if (this.acceptedAt < 0) {
            const timeout = Math.min(this.options.connectTimeout, CONNACK_TIMEOUT)
            const remaining = this.openedAt + timeout - now
            if (remaining <= 0) this.finish(EndReason.Lost, `no CONNACK within ${timeout} ms`)
            return remaining
        }
        const waitingSince = Math.max(this.session.outbound.oldestUnacknowledged(), this.resumedAt)
        if (!this.paused && now - waitingSince >= ACK_TIMEOUT)
            this.finish(EndReason.Lost, `the broker sent no acknowledgment for ${ACK_TIMEOUT} ms`)
        const action = this.keepAlive.check(now, this.paused)
        if (action === KeepAliveAction.Ping) this.send(encodeEmpty(PacketType.Pingreq))
        else if (action === KeepAliveAction.GiveUp)
            this.finish(EndReason.Lost, `no PINGRESP within ${this.keepAlive.seconds * 500} ms`)
        return Math.min(this.keepAlive.nextCheck, CHECK_INTERVAL)
    }
}
