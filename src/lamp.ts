import { LightBulb, sleep } from "@devicescript/core"

/** The lamp: what it is told, it becomes. */
export interface Lamp {
    /** What it was told last. */
    on: boolean
    /** Resolves when the lamp is as told; at once when there is no lamp yet: it follows when it is found. */
    set(on: boolean): Promise<void>
    /** Blinks three times. `on` and what is told of the lamp stay as they are; a lamp that is set meanwhile ends as it was set. */
    blink(): Promise<void>
}

/** Half of a blink, in ms. */
const BLINK = 250
/** Changes in three blinks. */
const CHANGES = 6

/**
 * @param onchange called after each change
 */
export function createLamp(bulb: LightBulb, onchange: () => void): Lamp {
    let inverted = false

    async function show() {
        // a write to a service that is not there would wait for ever, and the caller with it
        if (await bulb.binding().read()) await bulb.intensity.write(lamp.on !== inverted ? 1 : 0)
    }

    async function set(on: boolean) {
        const changed = lamp.on !== on
        lamp.on = on
        await show()
        if (changed) onchange()
    }

    async function blink() {
        for (let i = 0; i < CHANGES; i++) {
            inverted = !inverted
            await show()
            await sleep(BLINK)
        }
    }

    const lamp: Lamp = { on: false, set, blink }
    bulb.binding().subscribe(show)
    return lamp
}
