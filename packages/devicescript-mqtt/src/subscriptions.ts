/** Subscriptions of the client and their message handlers. */

import { Publish, QoS } from "./packet.js"
import { levelsOf, topicMatches } from "./topic.js"

/** Return type of callbacks that may be asynchronous. */
export type AsyncVoid = void | Promise<void>

/**
 * Handles a received message.
 * @param retained true for a stored message that the broker sends after a subscription; false for a new publication
 */
export type Handler = (topic: string, payload: Buffer, retained: boolean) => AsyncVoid

export interface Subscription {
    readonly filter: string
    readonly qos: QoS
    readonly levels: string[]
    readonly handler: Handler
}

export class Subscriptions {
    /** All subscriptions, in the order in which they were made. */
    all: Subscription[] = []

    /** Adds a subscription. Replaces an earlier one to the same filter, as brokers do [MQTT-3.8.4-3]. */
    add(filter: string, qos: QoS, handler: Handler): void {
        for (const s of this.all) if (s.filter === filter) this.remove(filter)
        this.all.push({ filter, qos, levels: levelsOf(filter), handler })
    }

    remove(filter: string): void {
        this.all = this.all.filter(s => s.filter !== filter)
    }

    /** Returns the subscriptions that match a message's topic, in the order in which they were made. */
    matching(message: Publish): Subscription[] {
        return this.all.filter(s => topicMatches(s.levels, message.topic))
    }
}
