/** The rule: previous lamp state + reading + parameters → lamp state. The server runs it, and a board on its own. */

/** What the rule goes by. */
export interface Rule {
    /** The lamp is on when the light is below it, 0 to 1023. */
    readonly threshold: number
    /** A lamp that is on goes off only when the light reaches threshold + hysteresis, 0 to 1023. */
    readonly hysteresis: number
    /** The shortest time on, in ms. */
    readonly min_on: number
    /** The shortest time off, in ms. */
    readonly min_off: number
}

/** The lesson's rule: on when light < 300, off otherwise, at once. */
export const LESSON_RULE: Rule = { threshold: 300, hysteresis: 0, min_on: 0, min_off: 0 }

/** A lamp, and since when it is as it is, in ms of whatever clock the caller uses for `now`. */
export interface Lamp {
    readonly led_on: boolean
    readonly since: number
}

/**
 * Decides. `lamp` is undefined when nothing is known of it: then neither hysteresis nor minimum times apply.
 * Gives `lamp` itself when nothing changes. A clock that went back does not hold a lamp for ever.
 */
export function decide(rule: Rule, lamp: Lamp | undefined, light: number, now: number): Lamp {
    if (!lamp) return { led_on: light < rule.threshold, since: now }
    const led_on = light < (lamp.led_on ? rule.threshold + rule.hysteresis : rule.threshold)
    if (led_on === lamp.led_on) return lamp
    const held = now - lamp.since
    const shortest = lamp.led_on ? rule.min_on : rule.min_off
    if (held >= 0 && held < shortest) return lamp
    return { led_on, since: now }
}
