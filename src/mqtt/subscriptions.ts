/** Who wants which messages. */

import { Publish, QoS } from "./packet.js"
import { levelsMatch } from "./topic.js"

/** What a handler gives back: nothing, now or later. */
export type AsyncVoid = void | Promise<void>

/** Handles a message. `retained` tells a message that the broker had kept from one that is published now. */
export type Handler = (topic: string, payload: Buffer, retained: boolean) => AsyncVoid

export interface Subscription {
    readonly filter: string
    readonly qos: QoS
    readonly levels: string[]
    readonly handler: Handler
}

export class Subscriptions {
    /** In the order of subscribing. */
    all: Subscription[] = []

    /** Adds a subscription; one to the same filter is replaced, as the broker does [MQTT-3.8.4-3]. */
    add(filter: string, qos: QoS, handler: Handler): void {
        this.remove(filter)
        this.all.push({ filter, qos, levels: filter.split("/"), handler })
    }

    remove(filter: string): void {
        this.all = this.all.filter(s => s.filter !== filter)
    }

    /** Those that take in the topic, in the order of subscribing. */
    matching(message: Publish): Subscription[] {
        const levels = message.topic.split("/")
        return this.all.filter(s => levelsMatch(s.levels, levels))
    }
}
