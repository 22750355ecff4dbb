/**
 * The lamp rule: computes the new lamp state from the previous one, a light reading and parameters.
 * The server runs the rule, and so does a board without a server.
 */

/** Parameters of the lamp rule. */
export interface Rule {
    /** The lamp switches on below this light level, 0 to 1023. */
    readonly threshold: number
    /** The lamp switches off when the light reaches threshold + hysteresis; 0 to 1023. */
    readonly hysteresis: number
    /** Minimum time that the lamp stays on, in ms. */
    readonly min_on: number
    /** Minimum time that the lamp stays off, in ms. */
    readonly min_off: number
}

/** Default rule, from Microsoft's IoT for Beginners lesson: on below 300, off otherwise, without delay. */
export const LESSON_RULE: Rule = { threshold: 300, hysteresis: 0, min_on: 0, min_off: 0 }

/** Whether a lamp is on, and since when. */
export interface Lamp {
    readonly led_on: boolean
    /** When the lamp entered this state, in ms, on the same clock as the `now` of `decide`. */
    readonly since: number
}

/**
 * Decides the lamp state for a light reading. Returns the same `lamp` object if the state does not change.
 * @param lamp the current state; if undefined, hysteresis and minimum times do not apply
 * @param light the light level, 0 to 1023
 * @param now the current time in ms, on any clock
 */
export function decide(rule: Rule, lamp: Lamp | undefined, light: number, now: number): Lamp {
    if (!lamp) return { led_on: light < rule.threshold, since: now }
    const led_on = light < (lamp.led_on ? rule.threshold + rule.hysteresis : rule.threshold)
    if (led_on === lamp.led_on) return lamp
    const held = now - lamp.since
    const shortest = lamp.led_on ? rule.min_on : rule.min_off
    // A negative time means that the clock was set back. Minimum times do not apply then, or the lamp could get stuck.
    if (held >= 0 && held < shortest) return lamp
    return { led_on, since: now }
}
