import { millis } from "@devicescript/core"
import { TELEMETRY } from "../contract/messages.js"
import { encode } from "../contract/schema.js"
import { MqttClient } from "devicescript-mqtt"
import { createRingBuffer, Reading } from "./ring.js"

/** Largest number of readings stored while offline. At four readings a second, they cover more than a minute. */
export const MAX_BACKLOG = 256

/** Queue of readings to be sent to the server. */
export interface Telemetry {
    /** Number of readings lost because the memory was full. */
    dropped: number
    /** Returns the number of readings that wait to be sent. */
    waiting(): number
    /**
     * Queues a reading and sends it as soon as possible. Returns its `seq`.
     * @param keep whether to keep the previous reading if it has not been sent yet
     */
    add(light: number, at: number, led_on: boolean, keep: boolean): number
    /** Sends queued readings while the MQTT session has room. Must be called when room becomes available. */
    flush(): void
}

/**
 * Sends readings over MQTT and stores them while offline.
 *
 * After a reconnect, the newest reading goes first, so that the lamp reacts to the current light. Stored readings
 * follow in order; the server sorts and deduplicates readings by `boot` and `seq`. A simple server that ignores `seq`
 * treats the last message as current, so such a server receives all readings in order.
 *
 * @param boot random number of this firmware start
 * @param serverUsesSeq returns whether the server supports `seq`
 * @param onroom called when the MQTT session has room again
 */
export function createTelemetry(
    client: MqttClient,
    topic: string,
    boot: number,
    serverUsesSeq: () => boolean,
    onroom: () => void
): Telemetry {
    const backlog = createRingBuffer(MAX_BACKLOG)
    let newest: Reading = undefined
    let seq = 0

    function send(reading: Reading): boolean {
        const { light, led_on, at } = reading
        const age = Math.max(0, Math.round(millis()) - at)
        return client.publish(
            topic,
            encode(TELEMETRY, { light, led_on, boot, seq: reading.seq, age, at }),
            1,
            false,
            onroom
        )
    }

    function flush() {
        while (client.connected && !client.holdsPublications() && client.freeSlots() > 0) {
            const reading = (serverUsesSeq() && newest) || backlog.shift() || newest
            if (!reading || !send(reading)) return
            if (reading === newest) newest = undefined
        }
    }

    function add(light: number, at: number, led_on: boolean, keep: boolean): number {
        if (newest && keep) backlog.push(newest)
        seq++
        newest = { seq, at, light, led_on }
        telemetry.dropped = backlog.dropped
        flush()
        return seq
    }

    function waiting(): number {
        return backlog.length + (newest ? 1 : 0)
    }

    const telemetry: Telemetry = { dropped: 0, waiting, add, flush }
    return telemetry
}
