/** Event loop that calls the program's callbacks and message handlers, one at a time. */

import { Inbound } from "./inbound.js"
import { Network, Signal } from "./network.js"
import { Publish } from "./packet.js"
import { Reporter } from "./reporter.js"
import { Subscriptions } from "./subscriptions.js"

const HOUR = 3600000

/** Event for the callbacks of the program: the client connected or disconnected. */
interface ConnectionEvent {
    readonly sessionPresent: boolean
    /** Why the connection ended; undefined for a connect. */
    readonly reason: string | undefined
}

export class Dispatcher {
    /** Signal that is set when a message leaves the inbox. */
    readonly inboxSpace: Signal

    private wake: Signal
    private active = false
    private running = false
    /** Events whose callback has not been called yet, in order: at most a disconnect followed by a connect. */
    private events: ConnectionEvent[] = []

    constructor(
        private network: Network,
        private inbound: Inbound,
        private subscriptions: Subscriptions,
        private reporter: Reporter
    ) {
        this.inboxSpace = network.signal()
        this.wake = network.signal()
    }

    start(): void {
        this.active = true
        if (this.running) return
        this.running = true
        this.network.start(async (dispatcher: Dispatcher) => {
            await dispatcher.run()
        }, this)
    }

    /** Stops the task after the callbacks of pending events. Messages stay in the inbox. */
    stop(): void {
        this.active = false
        this.wake.notify()
    }

    /** Wakes the dispatcher task. Call when messages may have been added to the inbox. */
    messagesArrived(): void {
        this.wake.notify()
    }

    connected(sessionPresent: boolean): void {
        this.events.push({ sessionPresent, reason: undefined })
        this.wake.notify()
    }

    /**
     * Queues a disconnect event. If the connect event of that connection is still pending, discards both events and
     * returns false.
     */
    disconnected(reason: string): boolean {
        const last = this.events.length - 1
        if (last >= 0 && this.events[last].reason === undefined) {
            this.events.pop()
            return false
        }
        this.events.push({ sessionPresent: false, reason })
        this.wake.notify()
        return true
    }

    /** Processes connection events first, then messages in order. */
    private async run(): Promise<void> {
        while (this.active || this.events.length > 0) {
            const event = this.events.shift()
            const message = event ? undefined : this.inbound.take()
            if (event) await this.callBack(event)
            else if (message) {
                this.inboxSpace.notify()
                await this.deliver(message)
                this.inbound.handled()
            } else await this.wake.notified(HOUR)
            // Yield to other tasks. The VM terminates a program that never yields.
            await this.network.sleep(0)
        }
        this.running = false
    }

    private async callBack(event: ConnectionEvent): Promise<void> {
        const callbacks = this.reporter.callbacks
        try {
            if (event.reason !== undefined) {
                if (callbacks.ondisconnect) await callbacks.ondisconnect(event.reason)
            } else if (callbacks.onconnect) await callbacks.onconnect(event.sessionPresent)
        } catch (e) {
            this.reporter.threw(event.reason === undefined ? "onconnect" : "ondisconnect", e)
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
