/** When a reading is worth a message. Pure, so that a simulated fleet reports exactly as the firmware does. */

import { Rule } from "./rule.js"

/** How often a board looks and reports. Times in ms, the dead band on the 0–1023 scale. */
export interface Cadence {
    /** `change`: when the light moved, and a heartbeat. `interval`: every `interval`, as the lesson does. */
    readonly report: "change" | "interval"
    readonly interval: number
    readonly sample: number
    readonly dead_band: number
    readonly heartbeat: number
}

/**
 * Looks four times a second, so that a lamp follows within one; a steady light costs two messages a minute. The dead band
 * is so wide that a day with clouds costs less than a tenth of the messages of the lesson's interval. No lamp waits for
 * it, since a crossing of the rule's limits is reported at once.
 */
export const DEFAULT_CADENCE: Cadence = {
    report: "change",
    interval: 2000,
    sample: 250,
    dead_band: 40,
    heartbeat: 30000,
}

/** The reading that was reported last, and when, in ms of the clock that `now` is of. */
export interface Reported {
    readonly light: number
    readonly at: number
}

function crosses(limit: number, a: number, b: number): boolean {
    return a < limit !== b < limit
}

/**
 * Whether `light` is to be reported now. Beyond the dead band, a crossing of the rule's limits is always reported: a
 * lamp must not wait for a heartbeat because the light moved by little.
 */
export function isDue(cadence: Cadence, rule: Rule, last: Reported | undefined, light: number, now: number): boolean {
    if (!last) return true
    const silence = now - last.at
    if (cadence.report === "interval") return silence >= cadence.interval
    return (
        silence >= cadence.heartbeat ||
        Math.abs(light - last.light) > cadence.dead_band ||
        crosses(rule.threshold, light, last.light) ||
        crosses(rule.threshold + rule.hysteresis, light, last.light)
    )
}
