import { LightBulb } from "@devicescript/core"

/** The lamp: what it is told, it becomes. */
export interface Lamp {
    /** What it was told last. */
    on: boolean
    /** Resolves when the lamp is as told; at once when there is no lamp yet: it follows when it is found. */
    set(on: boolean): Promise<void>
}

/**
 * @param onchange called after each change
 */
export function createLamp(bulb: LightBulb, onchange: () => void): Lamp {
    async function show() {
        // a write to a service that is not there would wait for ever, and the caller with it
        if (await bulb.binding().read()) await bulb.intensity.write(lamp.on ? 1 : 0)
    }

    async function set(on: boolean) {
        const changed = lamp.on !== on
        lamp.on = on
        await show()
        if (changed) onchange()
    }

    const lamp: Lamp = { on: false, set }
    bulb.binding().subscribe(show)
    return lamp
}
