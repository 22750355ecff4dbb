/** Calls the program's handlers, one at a time: the only task that does. */

import { Inbound } from "./inbound.js"
import { Network, Signal } from "./network.js"
import { Publish } from "./packet.js"
import { Reporter } from "./reporter.js"
import { Subscriptions } from "./subscriptions.js"

const FOR_EVER = 3600000

/** A connection made, with `reason` undefined, or lost. */
interface News {
    readonly sessionPresent: boolean
    readonly reason: string | undefined
}

export class Dispatcher {
    /** Is notified when a message was taken out of the inbox. */
    readonly room: Signal

    private work: Signal
    private active = false
    private running = false
    /** What the program was not told yet, in order: at most a loss and then a connection. */
    private news: News[] = []

    constructor(
        private network: Network,
        private inbound: Inbound,
        private subscriptions: Subscriptions,
        private reporter: Reporter
    ) {
        this.room = network.signal()
        this.work = network.signal()
    }

    start(): void {
        this.active = true
        if (this.running) return
        this.running = true
        this.network.start(async (dispatcher: Dispatcher) => {
            await dispatcher.run()
        }, this)
    }

    /** Ends the task as soon as the program is told the news; messages wait in the inbox. */
    stop(): void {
        this.active = false
        this.work.notify()
    }

    /** There may be messages in the inbox. */
    arrived(): void {
        this.work.notify()
    }

    connected(sessionPresent: boolean): void {
        this.news.push({ sessionPresent, reason: undefined })
        this.work.notify()
    }

    /** The connection is over. False when the program was not told of it yet: for it, the connection never was. */
    lost(reason: string): boolean {
        const last = this.news.length - 1
        if (last >= 0 && this.news[last].reason === undefined) {
            this.news.pop()
            return false
        }
        this.news.push({ sessionPresent: false, reason })
        this.work.notify()
        return true
    }

    /** News of the connection first, then messages in order. */
    private async run(): Promise<void> {
        while (this.active || this.news.length > 0) {
            const news = this.news.shift()
            const message = news ? undefined : this.inbound.take()
            if (news) await this.announce(news)
            else if (message) {
                this.room.notify()
                await this.deliver(message)
                this.inbound.handled()
            } else await this.work.wait(FOR_EVER)
            // lets other tasks run; the VM ends a program that computes for too long
            await this.network.sleep(0)
        }
        this.running = false
    }

    private async announce(news: News): Promise<void> {
        const callbacks = this.reporter.callbacks
        try {
            if (news.reason !== undefined) {
                if (callbacks.ondisconnect) await callbacks.ondisconnect(news.reason)
            } else if (callbacks.onconnect) await callbacks.onconnect(news.sessionPresent)
        } catch (e) {
            this.reporter.threw(news.reason === undefined ? "onconnect" : "ondisconnect", e)
        }
    }

    private async deliver(message: Publish): Promise<void> {
        const matching = this.subscriptions.matching(message)
        for (const s of matching) {
            try {
                await s.handler(message.topic, message.payload, message.retain)
            } catch (e) {
                this.reporter.threw(`the handler of ${s.filter}`, e)
            }
        }
    }
}
