/**
 * Decides when the board restarts, so that its clock never passes 2^32 ms (49.7 days).
 *
 * The runtime clamps a sleep that crosses this limit and compares it with the wrapped clock, so that the fiber never wakes.
 * Only a reset of the chip sets the clock back to 0. The restart takes a few seconds in which the lamp is dark, so the board
 * restarts while its lamp is off if possible, and when no message would be lost.
 */

/** Flash setting that says whether the lamp was on at the restart. Written only then, because flash wears out. */
export const LAMP_SETTING = "NL_LAMP"

/** The clock wraps at this time, in ms. */
const WRAP_TIME = 0x100000000
const MINUTE = 60000
/** Time before the wrap from which the board restarts if the lamp is off and no message would be lost: a day, in ms. */
const DARK_WINDOW = 1440 * MINUTE
/** Time before the wrap from which the board restarts if either the lamp is off or no message would be lost, in ms. */
const ANY_WINDOW = 60 * MINUTE
/** Time before the wrap from which the board restarts in any case, in ms. */
const LAST_WINDOW = 10 * MINUTE

/**
 * Returns whether the board must restart now.
 * @param now the board's clock, in ms
 * @param idle whether the board is connected and no reading, reply or action waits
 */
export function isRestartDue(now: number, lampOn: boolean, idle: boolean): boolean {
    const left = WRAP_TIME - now
    if (left > DARK_WINDOW) return false
    if (left < LAST_WINDOW || (idle && !lampOn)) return true
    return left < ANY_WINDOW && (idle || !lampOn)
}
