/**
 * MQTT 3.1.1 client that reconnects automatically. Tests in `test/mqtt/` cover each of these guarantees:
 *
 * Messages
 * - Messages arrive in order, however TCP splits the stream: 50 in one segment, one byte at a time, or bursts of 200.
 * - Handlers run one at a time. The client reports an exception in a handler and continues.
 * - The client acknowledges a message after its handlers finish. If power fails earlier, the broker resends it.
 * - Keep-alive and acknowledgments continue during a slow handler until the inbox is full (32 messages or 2 × `maxPacket`
 *   bytes). Then the client stops reading, so that TCP flow control slows the broker. After 1 s it drops QoS 0 messages.
 *   Boards cannot slow TCP; they reconnect when 8 KB are unread.
 * - QoS 1 delivers at least once, QoS 2 exactly once, in both directions, wherever a connection breaks. Resent messages
 *   keep their packet identifiers [MQTT-4.4.0-1] and order [MQTT-4.6.0-1], and set DUP [MQTT-3.3.1-1]. Identifiers in
 *   flight are never reused.
 * - The client skips, acknowledges and reports a message longer than `maxPacket` without storing it.
 *
 * Connections
 * - The client reconnects without end. `Backoff` describes when, `deviceNetwork` how long an attempt may take.
 * - The client reports when connections keep ending early, as happens if two clients use the same client identifier.
 * - The broker has 6 s to answer CONNECT, and 30 s to acknowledge each subscription and publication.
 * - The client detects a half-open connection within 1.5 × the keep-alive interval. Any received bytes show that the
 *   connection is alive.
 * - The client subscribes again after every connect, before sending anything else, and reports a SUBACK that refuses.
 * - If the broker lost the session, the client sends unacknowledged publications again. With `holdNewSession`, it waits
 *   for `release()`: the broker may have lost other clients' subscriptions and would acknowledge messages nobody gets.
 * - `stop()` sends DISCONNECT, so that the broker discards the will. `start()` resumes the session.
 * - Malformed or lost bytes in the stream end the connection, not the program.
 *
 * Memory use is bounded, whatever the broker sends and however long the client is offline. Only the constructor throws.
 */

import { Backoff } from "./backoff.js"
import { Connection, ConnectionOwner, EndReason } from "./connection.js"
import { Counters } from "./counters.js"
import { Dispatcher } from "./dispatcher.js"
import { bytesOf, encodePublish } from "./encode.js"
import { Link, Network, Signal } from "./network.js"
import { MqttOptions, ResolvedOptions, resolveOptions } from "./options.js"
import { QoS } from "./packet.js"
import { Callbacks, Reporter } from "./reporter.js"
import { PacketSender, Session } from "./session.js"
import { AsyncVoid, Handler, Subscriptions } from "./subscriptions.js"
import { filterProblem, topicProblem } from "./topic.js"
import { DeliveryCallback } from "./wire.js"

/** Capacity of the inbox, in messages. While the inbox is full, the client does not read. */
const MAX_INBOX = 32

/** Number of connections in a row that end within 30 s, after which the client reports the probable cause. */
const SHORT_CONNECTIONS_TO_REPORT = 3

export class MqttClient implements Callbacks {
    /** Called after the broker accepted the connection and the subscriptions were sent. May publish. */
    onconnect?: (sessionPresent: boolean) => AsyncVoid
    /** Called with the reason when a connection ends, if `onconnect` was called for that connection. */
    ondisconnect?: (reason: string) => AsyncVoid
    /** Called with each problem that the program should log. */
    onproblem?: (problem: string) => void
    /** Whether the client is connected. Read-only for callers. */
    connected = false
    /** Statistics since the client was created. Callers must not change them. */
    readonly counters: Counters = new Counters()

    private options: ResolvedOptions
    private reporter: Reporter
    private session: Session
    private subscriptions = new Subscriptions()
    private dispatcher: Dispatcher
    private backoff: Backoff
    private connection: Connection | undefined = undefined
    /** Whether `start` was called more recently than `stop`. */
    private running = false
    /** Whether the background task that connects and reconnects runs. */
    private taskRunning = false
    /** Interrupts the delay before the next attempt. */
    private wake: Signal

    /**
     * Creates a client. It connects when `start()` is called.
     * @throws RangeError if an option is invalid; the message names the option and its valid values
     */
    constructor(
        private network: Network,
        options: MqttOptions
    ) {
        this.options = resolveOptions(options)
        const s = this.options
        this.reporter = new Reporter(this, this.counters)
        const inbox = { messages: MAX_INBOX, bytes: 2 * s.maxPacket }
        this.session = new Session(s.maxInflight, inbox, this.counters, this.reporter, network)
        this.dispatcher = new Dispatcher(network, this.session.inbound, this.subscriptions, this.reporter)
        this.backoff = new Backoff(s.minBackoff, s.maxBackoff)
        this.wake = network.signal()
    }

    /** Connects, and reconnects after every loss, in a background task. */
    start(): void {
        this.running = true
        this.dispatcher.start()
        if (this.taskRunning) return
        this.taskRunning = true
        this.network.start(async (client: MqttClient) => {
            await client.stayConnected()
        }, this)
    }

    /**
     * Disconnects with DISCONNECT, so that the broker discards the will. Resolves when the connection is closed; if the
     * client is just connecting, when the attempt ends, which takes up to `connectTimeout`.
     * Keeps the session, subscriptions and unacknowledged publications for the next `start()`.
     */
    async stop(): Promise<void> {
        this.running = false
        if (this.connection) this.connection.close()
        this.wake.notify()
        while (this.taskRunning && !this.running) await this.network.sleep(10)
    }

    /**
     * Subscribes to a topic filter and calls `handler` with each matching message. Sends SUBSCRIBE now if connected, and
     * again after every connect. The broker may have lost the session, and each SUBSCRIBE also delivers the retained
     * messages again [MQTT-3.8.4-3].
     * A second subscription to the same filter replaces the first. An invalid filter is reported and ignored.
     */
    subscribe(filter: string, qos: QoS, handler: Handler): void {
        const problem = filterProblem(filter)
        if (problem) return this.reporter.report(`cannot subscribe to ${filter}: ${problem}`)
        this.subscriptions.add(filter, qos, handler)
        if (this.connected) this.session.outbound.request(filter, qos)
    }

    /** Removes a subscription. While offline, no UNSUBSCRIBE is sent, so a persistent session at the broker keeps it. */
    unsubscribe(filter: string): void {
        this.subscriptions.remove(filter)
        if (this.connected) this.session.outbound.request(filter, undefined)
    }

    /**
     * Publishes a message. Queues QoS 1 and 2 while offline.
     * Returns false if the message is not accepted: QoS 0 while offline or congested, QoS 1 and 2 when `maxInflight`
     * publications are unacknowledged. It also returns false, and reports why, for an invalid topic or a message larger
     * than `maxPacket`.
     * @param done called with true when the broker acknowledged the message; with QoS 0, called at once
     */
    publish(topic: string, payload: string | Buffer, qos: QoS, retain: boolean, done?: DeliveryCallback): boolean {
        const problem = topicProblem(topic)
        if (problem) {
            this.reporter.report(`cannot publish to ${topic}: ${problem}`)
            return false
        }
        const bytes = bytesOf(payload)
        const size = 4 + Buffer.from(topic).length + bytes.length
        if (size > this.options.maxPacket) {
            this.reporter.report(`cannot publish ${size} bytes to ${topic}: maxPacket is ${this.options.maxPacket}`)
            return false
        }
        if (qos > 0) return this.session.outbound.publish(topic, bytes, qos, retain, done)
        const connection = this.connection
        if (!this.connected || !connection || connection.congested()) return false
        this.counters.sent++
        connection.send(encodePublish(topic, bytes, 0, retain, 0))
        if (done) this.reporter.delivered(done)
        return true
    }

    /** Returns how many more publications of QoS 1 and 2 are accepted now. */
    freeSlots(): number {
        return this.session.outbound.freeSlots
    }

    /** Returns whether publications wait for `release()`; see `holdNewSession`. */
    holdsPublications(): boolean {
        return this.session.outbound.holdsPublications
    }

    /** Sends the publications that `holdNewSession` held back. Call it when the receivers have subscribed again. */
    release(): void {
        this.session.outbound.release()
    }

    /** Returns the callbacks for a connection. The method is static because DeviceScript has no closures over `this`. */
    private static ownerOf(client: MqttClient): ConnectionOwner {
        return {
            accepted: (sessionPresent: boolean, sender: PacketSender) => client.accepted(sessionPresent, sender),
            messagesArrived: () => client.dispatcher.messagesArrived(),
        }
    }

    private async stayConnected(): Promise<void> {
        while (this.running) {
            const delay = await this.connectOnce()
            if (this.running) await this.wake.notified(delay)
        }
        this.taskRunning = false
        this.dispatcher.stop()
    }

    /** Opens a connection and runs it until it ends. Returns the delay before the next attempt, in ms. */
    private async connectOnce(): Promise<number> {
        let link: Link
        try {
            link = await this.network.connect(this.options.connectTimeout)
        } catch (e) {
            this.reporter.failure(`cannot connect: ${(e as Error).message}`)
            return this.backoff.unreachable()
        }
        const options = { ...this.options, inboxSpace: this.dispatcher.inboxSpace }
        const connection = new Connection(this.network, link, this.session, options, MqttClient.ownerOf(this))
        this.connection = connection
        // Close the connection if stop() was called while the connection was being opened.
        if (!this.running) connection.close()
        await connection.run()
        this.connection = undefined
        this.ended(connection)
        if (connection.endReason === EndReason.Malformed) this.counters.malformed++
        if (connection.endReason === EndReason.Closed) return 0
        if (connection.endReason === EndReason.Refused) {
            this.counters.refused++
            return this.backoff.refused()
        }
        if (connection.acceptedAt < 0) return this.backoff.noAnswer()
        const delay = this.backoff.ended(this.network.millis() - connection.acceptedAt)
        if (this.backoff.shortConnections === SHORT_CONNECTIONS_TO_REPORT)
            this.reporter.report(`another client may be using the client identifier ${this.options.connect.clientId}`)
        return delay
    }

    private accepted(sessionPresent: boolean, sender: PacketSender): void {
        this.reporter.success()
        this.connected = true
        this.counters.connects++
        this.dispatcher.connected(sessionPresent)
        this.session.connect(sessionPresent, sender)
        if (!sessionPresent && this.options.holdNewSession) this.session.outbound.holdsPublications = true
        // Subscribe first, because resent messages may be answered at once.
        for (const s of this.subscriptions.all) this.session.outbound.request(s.filter, s.qos)
        this.session.outbound.resend(sessionPresent)
    }

    private ended(connection: Connection): void {
        let notified = false
        if (this.connected) {
            this.connected = false
            this.session.disconnect()
            notified = this.dispatcher.disconnected(connection.reason)
        }
        if (!notified && connection.endReason !== EndReason.Closed) this.reporter.failure(connection.reason)
    }
}
