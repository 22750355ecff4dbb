import { Control } from "@devicescript/core"

/** LED colors as red, green and blue, 0 to 255 each. They are dim because the board stands in the dark. */
const COLORS = { connecting: [24, 8, 0], online: [0, 16, 0], alone: [0, 0, 32] }

/** State shown by the status LED. */
export type LedState = "connecting" | "online" | "alone"

/** Returns a function that sets the on-board LED: orange is connecting, green online, blue deciding without a server. */
export function createStatusLight(): (state: LedState) => Promise<void> {
    const control = new Control("control[int:0]")
    let shown: LedState = undefined

    return async state => {
        if (state === shown) return
        shown = state
        const [red, green, blue] = COLORS[state]
        await control.setStatusLight(red, green, blue, 0)
    }
}
