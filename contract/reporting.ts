/**
 * Decides which sensor readings a board sends. All functions are pure, so simulated boards report exactly like real
 * ones.
 */

import { Rule } from "./rule.js"

/** Sampling and reporting parameters of a board. Times are in ms; the dead band uses the 0 to 1023 light scale. */
export interface Cadence {
    /** `change` sends when the light changes, plus heartbeats. `interval` sends at a fixed rate. */
    readonly report: "change" | "interval"
    /** Time between two readings when `report` is `interval`, in ms. */
    readonly interval: number
    /** Time between two samples of the sensor, in ms. */
    readonly sample: number
    /** With `change`, the light must move by more than this, on the 0 to 1023 scale, before a reading is sent. */
    readonly dead_band: number
    /** With `change`, the longest time without a reading, in ms. Then the board sends a heartbeat. */
    readonly heartbeat: number
}

/**
 * Default reporting: four samples a second, so that the lamp reacts within a second. Steady light costs two messages a
 * minute. With this dead band, a cloudy day costs less than a tenth of the messages of a fixed interval.
 */
export const DEFAULT_CADENCE: Cadence = {
    report: "change",
    interval: 2000,
    sample: 250,
    dead_band: 40,
    heartbeat: 30000,
}

/** The reading that a board sent last, with which `isReportDue` compares the current one. */
export interface LastReport {
    readonly light: number
    /** When the reading was sent, in ms, on the same clock as the `now` of `isReportDue`. */
    readonly at: number
}

function crossesLimit(limit: number, a: number, b: number): boolean {
    return a < limit !== b < limit
}

/**
 * Returns whether a board must send `light` now. With `change`, it sends when the light leaves the dead band, when a
 * heartbeat is due, and when the light crosses a switching point of the rule, so that the lamp reacts at once.
 */
export function isReportDue(
    cadence: Cadence,
    rule: Rule,
    last: LastReport | undefined,
    light: number,
    now: number
): boolean {
    if (!last) return true
    const silence = now - last.at
    if (cadence.report === "interval") return silence >= cadence.interval
    return (
        silence >= cadence.heartbeat ||
        Math.abs(light - last.light) > cadence.dead_band ||
        crossesLimit(rule.threshold, light, last.light) ||
        crossesLimit(rule.threshold + rule.hysteresis, light, last.light)
    )
}
