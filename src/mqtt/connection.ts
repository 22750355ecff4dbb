/** One connection to the broker, from CONNECT to its end: handshake, reading, keep-alive. */

import { Connect, encodeConnect, encodeDisconnect, encodePingreq } from "./encode.js"
import { Beat, KeepAlive } from "./keepalive.js"
import { Link, Network, Signal } from "./network.js"
import { Connack, Packet, PacketType, Publish } from "./packet.js"
import { Parser } from "./parse.js"
import { Carrier, Session } from "./session.js"

/** Why a connection ended. */
export const enum End {
    /** It was lost, or closed by the broker: worth another attempt soon. */
    Lost,
    /** There was no answer within the time allowed. */
    Unanswered,
    /** The broker refused it: an attempt soon will fare no better. */
    Refused,
    /** What the broker sent was not MQTT. */
    Malformed,
    /** `close` was called. */
    Closed,
}

/** How long a broker may owe an answer to SUBSCRIBE or PUBLISH over a connection that lives, in ms. */
const ACK_TIMEOUT = 30000

/** How long the broker may take to close the connection after DISCONNECT, in ms. */
const CLOSE_TIMEOUT = 1000

/** How long a full inbox holds up messages of QoS 0 before they are dropped, in ms. */
const HOLD = 1000

/** Packets that are parsed before other tasks may run: the VM ends a program that computes for too long. */
const BURST = 16

/** Acknowledgements that may wait for the network, beside publications. */
const MAX_ANSWERS = 128

/** Time until a packet that the network had no room for is tried again, in ms. */
const RETRY = 10

/** What the return codes of CONNACK mean, table 3.1. */
const REFUSALS = [
    "",
    "it does not speak MQTT 3.1.1",
    "it does not allow this client identifier",
    "it is not available",
    "user name or password is wrong",
    "this client is not authorised",
]

export interface ConnectionOptions {
    readonly connect: Connect
    /** How long the broker may take for CONNACK, in ms. */
    readonly timeout: number
    /** The largest packet that is held, in bytes. */
    readonly maxPacket: number
    readonly maxInflight: number
    /** Is notified when a message was taken out of the inbox. */
    readonly room: Signal
}

/** Whom a connection belongs to. */
export interface Keeper {
    /** CONNACK 0 came; no other packet was looked at yet. */
    accepted(sessionPresent: boolean, carrier: Carrier): void
    /** There may be messages in the inbox. */
    arrived(): void
}

export class Connection {
    /** Why it ended, in half a sentence; "" until then. */
    reason = ""
    end: End = End.Lost
    /** Whether PUBLISH, SUBSCRIBE and so on may be sent. */
    accepted = false

    private parser: Parser
    private wake: Signal
    /** Packets that the network had no room for. */
    private outbox: Buffer[] = []
    private opened: number
    private keepAlive: KeepAlive
    /** Whether a message waits for room in the inbox, so that nothing is read. */
    private held = false
    /** Since when messages find the inbox full; -1 when they do not. */
    private fullSince = -1
    /** Since when the broker owes an answer; -1 when it does not. */
    private waitingSince = -1
    /** When DISCONNECT was sent; -1 before. */
    private closed = -1

    constructor(
        private network: Network,
        private link: Link,
        private session: Session,
        private options: ConnectionOptions,
        private keeper: Keeper
    ) {
        this.parser = new Parser(options.maxPacket)
        this.wake = network.signal()
        this.opened = network.millis()
        this.keepAlive = new KeepAlive(options.connect.keepAlive, this.opened)
    }

    /** Runs the connection until its end; then `reason` and `end` say what it was. Never throws. */
    async run(): Promise<void> {
        this.send(encodeConnect(this.options.connect))
        this.network.start(async (connection: Connection) => {
            await connection.watch()
        }, this)
        try {
            await this.read()
        } catch (e) {
            this.finish(End.Lost, (e as Error).message)
        }
        this.finish(End.Lost, "the broker closed the connection")
    }

    /** Sends a packet, now or as soon as the network has room. */
    send(packet: Buffer): void {
        this.keepAlive.onSent(this.network.millis())
        if (this.outbox.length === 0 && this.link.write(packet)) return
        // what a broker makes us answer must not fill the memory
        if (this.outbox.length >= 2 * this.options.maxInflight + MAX_ANSWERS)
            return this.finish(End.Lost, "the network does not take what is sent")
        this.outbox.push(packet)
        this.wake.notify()
    }

    /** Whether more packets wait for the network than it makes sense to add to. */
    congested(): boolean {
        return this.outbox.length >= BURST
    }

    /** Ends the connection with DISCONNECT: the broker throws the will away, [MQTT-3.1.2-10]. */
    close(): void {
        if (this.closed >= 0) return
        this.closed = this.network.millis()
        if (this.accepted) this.send(encodeDisconnect())
        else this.finish(End.Closed, "stopped")
        // the broker closes after DISCONNECT, [MQTT-3.14.4-2]: waiting for that gives the packet time to leave
        this.wake.notify()
    }

    private finish(end: End, reason: string): void {
        if (this.reason) return
        this.end = this.closed >= 0 ? End.Closed : end
        this.reason = this.closed >= 0 ? "stopped" : reason
        this.link.close()
        this.wake.notify()
        this.options.room.notify()
    }

    /** Reads until the connection is over. */
    private async read(): Promise<void> {
        let packets = 0
        for (;;) {
            const chunk = await this.link.recv()
            if (!chunk || this.reason) return
            this.keepAlive.onReceived(this.network.millis())
            this.parser.feed(chunk)
            for (;;) {
                const packet = this.parser.next()
                if (!packet) break
                if (packet.type === PacketType.Publish) await this.hold(packet)
                if (this.reason) return
                const problem = this.receive(packet)
                if (problem) return this.finish(End.Malformed, problem)
                packets++
                if ((packets & (BURST - 1)) === 0) await this.network.sleep(0)
            }
            if (this.parser.problem) return this.finish(End.Malformed, `the broker sent ${this.parser.problem}`)
        }
    }

    private receive(packet: Packet): string {
        if (packet.type === PacketType.Connack) return this.connack(packet)
        // [MQTT-3.2.0-1]
        if (!this.accepted) return "the broker sent something else before CONNACK"
        if (packet.type === PacketType.Pingresp) {
            this.keepAlive.onPingresp()
            return ""
        }
        if (packet.type !== PacketType.Publish) this.waitingSince = -1
        const problem = this.session.receive(packet)
        if (packet.type === PacketType.Publish) this.keeper.arrived()
        return problem
    }

    private connack(packet: Connack): string {
        if (this.accepted) return "the broker sent CONNACK twice"
        if (packet.code !== 0) {
            const text = packet.code < REFUSALS.length ? REFUSALS[packet.code] : "for no reason that MQTT knows"
            // a broker that is starting says 3: that is no worse than one that is not there yet
            this.finish(packet.code === 3 ? End.Lost : End.Refused, `the broker refused the connection: ${text}`)
            return ""
        }
        this.accepted = true
        this.keeper.accepted(packet.sessionPresent, this)
        // from now on other times count
        this.wake.notify()
        return ""
    }

    /** Waits until the inbox has room: no more is read, and TCP holds back the broker. */
    private async hold(publish: Publish): Promise<void> {
        const inbound = this.session.inbound
        while (inbound.full() && !this.reason) {
            const now = this.network.millis()
            if (this.fullSince < 0) this.fullSince = now
            const patience = publish.qos > 0 ? HOLD : this.fullSince + HOLD - now
            if (patience <= 0) return
            this.held = true
            await this.options.room.wait(patience)
            this.held = false
        }
        this.fullSince = -1
    }

    /** Looks after everything that has to do with time, until the connection is over. */
    private async watch(): Promise<void> {
        while (!this.reason) {
            while (this.outbox.length > 0 && this.link.write(this.outbox[0])) this.outbox.shift()
            const rest = this.check(this.network.millis())
            if (!this.reason) await this.wake.wait(this.outbox.length > 0 ? RETRY : rest)
        }
    }

    /** Ends a connection that is dead, sends PINGREQ when it is time; gives the ms until the next look. */
    private check(now: number): number {
        if (this.closed >= 0) {
            if (now - this.closed >= CLOSE_TIMEOUT) this.finish(End.Closed, "stopped")
            return CLOSE_TIMEOUT
        }
        if (!this.accepted) {
            const rest = this.opened + this.options.timeout - now
            if (rest <= 0) this.finish(End.Unanswered, `no CONNACK within ${this.options.timeout} ms`)
            return rest
        }
        if (this.held || !this.session.outbound.waiting()) this.waitingSince = -1
        else if (this.waitingSince < 0) this.waitingSince = now
        else if (now - this.waitingSince >= ACK_TIMEOUT)
            this.finish(End.Lost, `the broker owes an acknowledgement for ${ACK_TIMEOUT} ms`)
        const beat = this.keepAlive.check(now, this.held)
        if (beat === Beat.Ping) this.send(encodePingreq())
        else if (beat === Beat.GiveUp) this.finish(End.Lost, `no PINGRESP within ${this.keepAlive.seconds * 500} ms`)
        return Math.min(this.keepAlive.rest, ACK_TIMEOUT)
    }
}
