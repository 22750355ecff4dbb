/**
 * An MQTT 3.1.1 client that stays connected. What it guarantees; each has its test in `test/mqtt/`:
 *
 * Messages
 * - 50 commands in one TCP segment, or one byte at a time, and 200 messages in one burst are all handled in order, at once.
 * - Handlers run one at a time. A handler that throws is reported, and hurts nobody else.
 * - A message is acknowledged when its handlers are done: one that a board forgets with its power comes again.
 * - A slow handler stops neither PINGREQ nor the acknowledgements of others, as long as the inbox (32 messages, or
 *   2 × `maxPacket` bytes) takes what arrives. When it is full, reading waits, and TCP holds the broker back; messages
 *   of QoS 0 are dropped and counted after 1 s. A board cannot hold TCP back: at 8 KB it reconnects instead.
 * - QoS 1 at least once, QoS 2 exactly once, both ways, over a cut at every byte. Resent in order, with DUP and the
 *   same packet identifiers [MQTT-4.4.0-1], which are never reused while in flight, and wrap at 65,535.
 * - A message longer than `maxPacket` is skipped without being held, acknowledged, and reported.
 *
 * Connections
 * - It reconnects for ever, within 2 s of the network's return; `Backoff` says how, and what that supposes.
 * - A half-open connection is noticed within 1.5 × keep-alive. The keep-alive has 16 bits.
 * - Subscriptions are sent with every connect, before anything else; a SUBACK that refuses is reported. A broker that
 *   forgot the session gets the subscriptions and the publications again; with `holdNewSession` the latter when the
 *   program says so: a broker that forgot this client forgot those that listen as well, and acknowledges all the same.
 * - `stop()` sends DISCONNECT, so that the will is not sent; `start()` goes on with the session.
 * - A malformed stream ends the connection, not the program; so does a hole in the stream.
 *
 * Bounded memory: time offline changes nothing, and nothing that a broker sends makes it grow. Nothing throws, but the
 * constructor at a caller's mistake.
 */

import { Backoff } from "./backoff.js"
import { Connection, End, Keeper } from "./connection.js"
import { Counters } from "./counters.js"
import { Dispatcher } from "./dispatcher.js"
import { bytesOf, encodePublish } from "./encode.js"
import { Link, Network, Signal } from "./network.js"
import { MqttOptions, Settings, settingsOf } from "./options.js"
import { QoS } from "./packet.js"
import { Callbacks, Reporter } from "./reporter.js"
import { Carrier, Session } from "./session.js"
import { AsyncVoid, Handler, Subscriptions } from "./subscriptions.js"
import { filterProblem, topicProblem } from "./topic.js"
import { Done } from "./wire.js"

/** Messages that may wait for their handlers. */
const MAX_INBOX = 32

export class MqttClient implements Callbacks {
    /** Is called after CONNACK 0, when the subscriptions were sent; may publish. */
    onconnect?: (sessionPresent: boolean) => AsyncVoid
    /** Is called when a connection that `onconnect` was told of is over, with the reason in half a sentence. */
    ondisconnect?: (reason: string) => AsyncVoid
    /** Is told what a log should know. */
    onproblem?: (problem: string) => void
    /** Whether there is a connection. Only the client sets it. */
    connected = false
    /** Only the client sets them. */
    readonly counters: Counters = new Counters()

    private settings: Settings
    private reporter: Reporter
    private session: Session
    private subscriptions = new Subscriptions()
    private dispatcher: Dispatcher
    private backoff: Backoff
    private connection: Connection | undefined = undefined
    /** The client is to be connected. */
    private running = false
    /** The task that connects is there. */
    private connecting = false
    /** When the last attempt began, in ms. */
    private began = 0
    /** Ends the wait for the next attempt. */
    private now: Signal

    /**
     * Nothing happens before `start()`.
     * @throws RangeError that says which option is wrong, and what it must be
     */
    constructor(
        private network: Network,
        options: MqttOptions
    ) {
        this.settings = settingsOf(options)
        const s = this.settings
        this.reporter = new Reporter(this, this.counters)
        const inbox = { messages: MAX_INBOX, bytes: 2 * s.maxPacket }
        this.session = new Session(s.maxInflight, inbox, this.counters, this.reporter)
        this.dispatcher = new Dispatcher(network, this.session.inbound, this.subscriptions, this.reporter)
        this.backoff = new Backoff(s.minBackoff, s.maxBackoff, s.connectTimeout)
        this.now = network.signal()
    }

    /** Connects, and reconnects for ever, in the background. */
    start(): void {
        this.running = true
        this.dispatcher.start()
        if (this.connecting) return
        this.connecting = true
        this.network.start(async (client: MqttClient) => {
            await client.stayConnected()
        }, this)
    }

    /**
     * Ends the connection with DISCONNECT, so that the will is not sent; resolves when it is over. Session,
     * subscriptions and publications that were not acknowledged stay: `start()` goes on with them.
     */
    async stop(): Promise<void> {
        this.running = false
        if (this.connection) this.connection.close()
        this.now.notify()
        while (this.connecting && !this.running) await this.network.sleep(10)
    }

    /**
     * Hands the messages on topics that `filter` takes in to `handler`. The subscription is remembered, sent now when
     * connected, and sent again after every connect: brokers lose sessions, and each SUBSCRIBE brings the retained
     * messages anew [MQTT-3.8.4-3], so that the latest state arrives whatever happened in between.
     * A second subscription to the same filter replaces the first; a bad filter is reported and ignored.
     */
    subscribe(filter: string, qos: QoS, handler: Handler): void {
        const problem = filterProblem(filter)
        if (problem) return this.reporter.report(`cannot subscribe to ${filter}: ${problem}`)
        this.subscriptions.add(filter, qos, handler)
        if (this.connected) this.session.outbound.request(filter, qos)
    }

    /** Forgets the subscription to `filter`. While offline the broker keeps it if the session is persistent. */
    unsubscribe(filter: string): void {
        this.subscriptions.remove(filter)
        if (this.connected) this.session.outbound.request(filter, undefined)
    }

    /**
     * Publishes. False when it is not accepted: QoS 0 while offline or congested, QoS 1 and 2 when the window is full,
     * a topic that is none, a message above `maxPacket`; the latter two are reported. QoS 1 and 2 accepted while
     * offline are sent after the connect.
     * `done(true)` follows when the broker has acknowledged the message; with QoS 0, at once.
     */
    publish(topic: string, payload: string | Buffer, qos: QoS, retain: boolean, done?: Done): boolean {
        const problem = topicProblem(topic)
        if (problem) {
            this.reporter.report(`cannot publish to ${topic}: ${problem}`)
            return false
        }
        const bytes = bytesOf(payload)
        const size = 4 + Buffer.from(topic).length + bytes.length
        if (size > this.settings.maxPacket) {
            this.reporter.report(`cannot publish ${size} bytes to ${topic}: maxPacket is ${this.settings.maxPacket}`)
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

    /** How many publications of QoS 1 and 2 are accepted now. */
    room(): number {
        return this.session.outbound.room
    }

    /** Whether publications wait for `release()`: see `holdNewSession`. */
    holding(): boolean {
        return this.session.outbound.holding
    }

    /** Sends what waits because the broker had no session: whoever is to get it is there. */
    release(): void {
        this.session.outbound.release()
    }

    /** What a connection may call: a static method, as DeviceScript has no closures over `this`. */
    private static keeperOf(client: MqttClient): Keeper {
        return {
            accepted: (sessionPresent: boolean, carrier: Carrier) => client.accepted(sessionPresent, carrier),
            arrived: () => client.dispatcher.arrived(),
        }
    }

    private async stayConnected(): Promise<void> {
        while (this.running) {
            const wait = await this.connectOnce()
            if (this.running) await this.now.wait(wait)
        }
        this.connecting = false
        this.dispatcher.stop()
    }

    /** One connection, from the attempt to the end. Gives the wait before the next one, in ms. */
    private async connectOnce(): Promise<number> {
        const timeout = this.backoff.timeout()
        this.began = this.network.millis()
        let link: Link
        try {
            link = await this.network.connect(timeout)
        } catch (e) {
            this.reporter.failure(`cannot connect: ${(e as Error).message}`)
            return this.backoff.lost(this.network.millis() - this.began < timeout)
        }
        const options = { ...this.settings, timeout, room: this.dispatcher.room }
        const connection = new Connection(this.network, link, this.session, options, MqttClient.keeperOf(this))
        this.connection = connection
        // stop() may have been called while the connection was being opened
        if (!this.running) connection.close()
        await connection.run()
        this.connection = undefined
        this.ended(connection)
        if (connection.end === End.Malformed) this.counters.malformed++
        if (connection.end !== End.Refused) return this.backoff.lost(connection.end !== End.Unanswered)
        this.counters.refused++
        return this.backoff.refused()
    }

    private accepted(sessionPresent: boolean, carrier: Carrier): void {
        this.backoff.succeeded(this.network.millis() - this.began)
        this.reporter.success()
        this.connected = true
        this.counters.connects++
        this.dispatcher.connected(sessionPresent)
        this.session.connect(sessionPresent, carrier)
        if (!sessionPresent && this.settings.holdNewSession) this.session.outbound.holding = true
        // subscriptions first: what is resent may be answered at once
        for (const s of this.subscriptions.all) this.session.outbound.request(s.filter, s.qos)
        this.session.outbound.resend(sessionPresent)
    }

    private ended(connection: Connection): void {
        let told = false
        if (this.connected) {
            this.connected = false
            this.session.disconnect()
            told = this.dispatcher.lost(connection.reason)
        }
        if (!told && connection.end !== End.Closed) this.reporter.failure(connection.reason)
    }
}
