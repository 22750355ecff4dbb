import { LightBulb, sleep } from "@devicescript/core"

/** Switches the lamp of the board and remembers the lamp's state. */
export interface Lamp {
    /** State that `set` was last called with: true for on. */
    isOn: boolean
    /** Sets the lamp. Resolves when the hardware has changed, or at once if no lamp is attached yet. */
    set(on: boolean): Promise<void>
    /** Blinks three times, then shows the state set last. Does not change `isOn` or call `onchange`. */
    blink(): Promise<void>
}

/** Time between two lamp changes while blinking, in ms. */
const BLINK_INTERVAL = 250
/** Number of lamp changes in three blinks: three times on and off. */
const BLINK_CHANGES = 6

/**
 * Drives a DeviceScript light bulb. A bulb that is attached later gets the current state when it appears.
 * @param onchange called after each change of the state
 */
export function createLamp(bulb: LightBulb, onchange: () => void): Lamp {
    let inverted = false

    async function writeBulb() {
        // Write only to an attached bulb, because a write to a missing service never resolves.
        if (await bulb.binding().read()) await bulb.intensity.write(lamp.isOn !== inverted ? 1 : 0)
    }

    async function set(on: boolean) {
        const changed = lamp.isOn !== on
        lamp.isOn = on
        await writeBulb()
        if (changed) onchange()
    }

    async function blink() {
        for (let i = 0; i < BLINK_CHANGES; i++) {
            inverted = !inverted
            await writeBulb()
            await sleep(BLINK_INTERVAL)
        }
    }

    const lamp: Lamp = { isOn: false, set, blink }
    bulb.binding().subscribe(writeBulb)
    return lamp
}
