import { LightLevel, millis, sleep } from "@devicescript/core"

/** The lesson's scale: 10 bits. */
const FULL_SCALE = 1023

/**
 * Looks at the sensor for ever, as soon as there is one.
 * @param sample time between two looks in ms, asked anew for each
 * @param onreading gets the light level, 0 (dark) to 1023, and when it was read, in ms since the board started
 */
export async function watch(
    sensor: LightLevel,
    sample: () => number,
    onreading: (light: number, at: number) => Promise<void>
) {
    let newest: number = undefined
    // not read(): that answers from a cache which may be half a second old
    sensor.reading.subscribe(reading => {
        newest = reading
    })
    let next = millis()
    while (true) {
        const light = Math.round(Math.constrain(newest, 0, 1) * FULL_SCALE)
        // before the first reading there is none; and a sensor that answers nonsense is as good as none
        if (newest !== undefined && !isNaN(light)) await onreading(light, Math.round(millis()))
        // a steady beat, whatever the reading took; but a board that was held up does not catch up
        next = Math.max(next + sample(), millis() + 1)
        await sleep(next - millis())
    }
}
