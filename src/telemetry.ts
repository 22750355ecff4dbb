import { millis } from "@devicescript/core"
import { TELEMETRY } from "../contract/messages.js"
import { encode } from "../contract/schema.js"
import { MqttClient } from "./mqtt/client.js"
import { createRing, Reading } from "./ring.js"

/** How many readings wait for a connection: at four a second, more than a minute. */
export const BACKLOG = 256

/** The readings on their way to the server. */
export interface Telemetry {
    /** Readings lost because the memory was full. */
    dropped: number
    /** How many readings wait to be sent. */
    waiting(): number
    /**
     * Takes a reading; it is sent now, or when there is a connection.
     * @param keep whether the one before it, if it is still here, is sent as well
     * @returns its `seq`
     */
    add(light: number, at: number, led_on: boolean, keep: boolean): number
    /** Sends what the session takes. To be called when it takes more than before. */
    pump(): void
}

/**
 * The newest reading goes first, so that the lamp follows the present as soon as there is a connection; what was taken
 * meanwhile follows in its order, with its age. `boot` and `seq` tell the server which it has already. A server that
 * knows nothing of them, as the lesson's, takes what comes last for the present: it gets all in its order.
 *
 * @param boot tells this run of the firmware from others
 * @param numbered whether the server is one that knows of `seq`
 * @param onroom called when the session takes more than before
 */
export function createTelemetry(
    client: MqttClient,
    topic: string,
    boot: number,
    numbered: () => boolean,
    onroom: () => void
): Telemetry {
    const backlog = createRing(BACKLOG)
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

    function pump() {
        while (client.connected && !client.holding() && client.room() > 0) {
            const reading = (numbered() && newest) || backlog.shift() || newest
            if (!reading || !send(reading)) return
            if (reading === newest) newest = undefined
        }
    }

    function add(light: number, at: number, led_on: boolean, keep: boolean): number {
        if (newest && keep) backlog.push(newest)
        seq++
        newest = { seq, at, light, led_on }
        telemetry.dropped = backlog.dropped
        pump()
        return seq
    }

    function waiting(): number {
        return backlog.length + (newest ? 1 : 0)
    }

    const telemetry: Telemetry = { dropped: 0, waiting, add, pump }
    return telemetry
}
