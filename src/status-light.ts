import { Control } from "@devicescript/core"

/** How the board is doing, as red, green and blue, 0 to 255 each: dim, because a nightlight stands in the dark. */
const COLORS = { connecting: [24, 8, 0], online: [0, 16, 0], alone: [0, 0, 32] }

/** What the status LED tells of. */
export type Health = "connecting" | "online" | "alone"

/** The LED on the board itself, where there is one: orange while connecting, green online, blue while it decides alone. */
export function createStatusLight(): (health: Health) => Promise<void> {
    const control = new Control("control[int:0]")
    let shown: Health = undefined

    return async health => {
        if (health === shown) return
        shown = health
        const [red, green, blue] = COLORS[health]
        await control.setStatusLight(red, green, blue, 0)
    }
}
