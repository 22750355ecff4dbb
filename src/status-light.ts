import { Control, sleep } from "@devicescript/core"

/** Length of one step of a blink pattern, in ms. The runtime shows its own pattern after two seconds without a color. */
const STEP_TIME = 500

/**
 * Blink pattern and color of the status LED. Bit n of the pattern says whether the LED is lit in step n of four, so that an
 * LED of one color shows the state too. Colors are red, green and blue, 0 to 255 each, and dim, because the board stands in
 * the dark.
 */
export type LedState = readonly [pattern: number, red: number, green: number, blue: number]

/** State while the board connects to the broker: the LED blinks orange once a second. */
export const CONNECTING: LedState = [0b0101, 24, 8, 0]
/** State while the server decides: the LED is lit green. */
export const ONLINE: LedState = [0b1111, 0, 16, 0]
/** State while the board decides by itself: the LED blinks blue once in two seconds. */
export const ALONE: LedState = [0b0001, 0, 0, 32]

/** Shows a state on the on-board LED; never returns. @param current called in each step for the state to show */
export async function runStatusLight(current: () => LedState) {
    const control = new Control("control[int:0]")
    let step = 0
    while (true) {
        const state = current()
        const lit = (state[0] >> (step & 3)) & 1
        await control.setStatusLight(lit * state[1], lit * state[2], lit * state[3], 0)
        step++
        await sleep(STEP_TIME)
    }
}
