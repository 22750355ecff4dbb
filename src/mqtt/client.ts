/**
 * An MQTT 3.1.1 client for DeviceScript that stays connected.
 *
 * TODO-HEADER
 */

import { Backoff } from "./backoff.js"
import { Connection, End, Keeper } from "./connection.js"
import { bytesOf, encodePublish } from "./encode.js"
import { Link, Network, Signal } from "./network.js"
import { MqttOptions, Settings, settingsOf } from "./options.js"
import { Publish, QoS } from "./packet.js"
import { Carrier, Session } from "./session.js"
import { AsyncVoid, Handler, Subscriptions } from "./subscriptions.js"
import { Done, Owner } from "./wire.js"
import { filterProblem, topicProblem } from "./topic.js"
import { Counters } from "./counters.js"

const FOR_EVER = 3600000

/** Messages that may wait for their handlers. */
const MAX_INBOX = 32

/** A connection made, with `reason` undefined, or lost. */
interface News {
    readonly sessionPresent: boolean
    readonly reason: string | undefined
}

export class MqttClient {
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
    private session: Session
    private backoff: Backoff
    private subscriptions = new Subscriptions()
    private connection: Connection | undefined = undefined
    /** The client is to be connected. */
    private running = false
    /** The task that connects is there. */
    private connecting = false
    /** The task that calls handlers is there. */
    private handling = false
    /** Ends the wait for the next attempt. */
    private now: Signal
    /** There is something to handle. */
    private work: Signal
    /** Connections made and lost that the program was not told of, in order: at most a loss and then a connection. */
    private news: News[] = []
    private lastFailure = ""
    /** When the last attempt began, in ms. */
    private began = 0
    private keeper: Keeper & Owner

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
        this.backoff = new Backoff(s.minBackoff, s.maxBackoff, s.connectTimeout)
        this.now = network.signal()
        this.work = network.signal()
        this.keeper = MqttClient.keeperOf(this)
        this.session = new Session(
            s.maxInflight,
            { messages: MAX_INBOX, bytes: 2 * s.maxPacket },
            this.counters,
            this.keeper
        )
    }

    /** Connects, and reconnects for ever, in the background. */
    start(): void {
        this.running = true
        if (!this.connecting) {
            this.connecting = true
            this.network.start(async (client: MqttClient) => {
                await client.stayConnected()
            }, this)
        }
        if (!this.handling) {
            this.handling = true
            this.network.start(async (client: MqttClient) => {
                await client.handle()
            }, this)
        }
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
        if (problem) return this.problem(`cannot subscribe to ${filter}: ${problem}`)
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
            this.problem(`cannot publish to ${topic}: ${problem}`)
            return false
        }
        const bytes = bytesOf(payload)
        const size = 4 + Buffer.from(topic).length + bytes.length
        if (size > this.settings.maxPacket) {
            this.problem(`cannot publish ${size} bytes to ${topic}: maxPacket is ${this.settings.maxPacket}`)
            return false
        }
        if (qos > 0) return this.session.outbound.publish(topic, bytes, qos, retain, done)
        const connection = this.connection
        if (!this.connected || !connection || connection.congested()) return false
        this.counters.sent++
        connection.send(encodePublish(topic, bytes, 0, retain, 0))
        if (done) this.tell(done)
        return true
    }

    /** How many publications of QoS 1 and 2 are accepted now. */
    room(): number {
        return this.session.outbound.room
    }

    /** What the client's parts may call: a static method, as DeviceScript has no closures over `this`. */
    private static keeperOf(client: MqttClient): Keeper & Owner {
        return {
            accepted: (sessionPresent: boolean, carrier: Carrier) => client.accepted(sessionPresent, carrier),
            arrived: () => client.work.notify(),
            report: (problem: string) => client.problem(problem),
            delivered: (done: Done) => client.tell(done),
        }
    }

    private async stayConnected(): Promise<void> {
        while (this.running) {
            const wait = await this.connectOnce()
            if (this.running) await this.now.wait(wait)
        }
        this.connecting = false
        this.work.notify()
    }

    /** One connection, from the attempt to the end. Gives the wait before the next one, in ms. */
    private async connectOnce(): Promise<number> {
        const timeout = this.backoff.timeout()
        this.began = this.network.millis()
        let link: Link
        try {
            link = await this.network.connect(timeout)
        } catch (e) {
            this.failure(`cannot connect: ${(e as Error).message}`)
            return this.backoff.lost(this.network.millis() - this.began < timeout)
        }
        const options = { ...this.settings, timeout }
        const connection = new Connection(this.network, link, this.session, options, this.keeper)
        this.connection = connection
        // stop() may have been called while the connection was being opened
        if (!this.running) connection.close()
        await connection.run()
        this.connection = undefined
        this.ended(connection)
        if (connection.end === End.Malformed) this.counters.malformed++
        else if (connection.end === End.Refused) this.counters.refused++
        else return this.backoff.lost(connection.end !== End.Unanswered)
        return this.backoff.refused()
    }

    private accepted(sessionPresent: boolean, carrier: Carrier): void {
        this.backoff.succeeded(this.network.millis() - this.began)
        this.connected = true
        this.lastFailure = ""
        this.counters.connects++
        this.news.push({ sessionPresent, reason: undefined })
        this.session.connect(sessionPresent, carrier)
        // subscriptions first: what is resent may be answered at once
        for (const s of this.subscriptions.all) this.session.outbound.request(s.filter, s.qos)
        this.session.outbound.resend(sessionPresent)
        this.work.notify()
    }

    private ended(connection: Connection): void {
        if (!this.connected) {
            if (connection.end !== End.Closed) this.failure(connection.reason)
            return
        }
        this.connected = false
        this.session.disconnect()
        const last = this.news.length - 1
        if (last >= 0 && this.news[last].reason === undefined) {
            // the program was not told of the connection yet: for it, it never was
            this.news.pop()
            if (connection.end !== End.Closed) this.failure(connection.reason)
        } else this.news.push({ sessionPresent: false, reason: connection.reason })
        this.work.notify()
    }

    /** The only task that calls handlers, one at a time: news of the connection first, then messages in order. */
    private async handle(): Promise<void> {
        while (this.running || this.connecting || this.news.length > 0) {
            const news = this.news.shift()
            const message = news ? undefined : this.session.inbound.take()
            if (news) await this.announce(news)
            else if (message) {
                if (this.connection) this.connection.resume()
                await this.deliver(message)
                this.session.inbound.handled()
            } else await this.work.wait(FOR_EVER)
            // lets other tasks run; the VM ends a program that computes for too long
            await this.network.sleep(0)
        }
        this.handling = false
    }

    private async announce(news: News): Promise<void> {
        try {
            if (news.reason !== undefined) {
                if (this.ondisconnect) await this.ondisconnect(news.reason)
            } else if (this.onconnect) await this.onconnect(news.sessionPresent)
        } catch (e) {
            this.threw(news.reason === undefined ? "onconnect" : "ondisconnect", e)
        }
    }

    private async deliver(message: Publish): Promise<void> {
        const matching = this.subscriptions.matching(message)
        for (const s of matching) {
            try {
                await s.handler(message.topic, message.payload, message.retain)
            } catch (e) {
                this.threw(`the handler of ${s.filter}`, e)
            }
        }
    }

    private tell(done: Done): void {
        try {
            done(true)
        } catch (e) {
            this.threw("done", e)
        }
    }

    private threw(who: string, e: unknown): void {
        this.counters.failed++
        this.problem(`${who} threw: ${(e as Error).message}`)
    }

    /** Reports why there is no connection: a reason that lasts is told once. */
    private failure(reason: string): void {
        if (reason !== this.lastFailure) this.problem(reason)
        this.lastFailure = reason
    }

    private problem(problem: string): void {
        try {
            if (this.onproblem) this.onproblem(problem)
        } catch (e) {
            // there is nobody left to tell
        }
    }
}
