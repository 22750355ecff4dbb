import { LightLevel, millis, sleep } from "@devicescript/core"

/** The lesson's scale: 10 bits. */
const FULL_SCALE = 1023

/**
 * Looks at the sensor for ever.
 * @param sample time between two looks in ms, asked anew for each
 * @param onreading gets the light level, 0 (dark) to 1023, and when it was read, in ms since the board started
 */
export async function watch(
    sensor: LightLevel,
    sample: () => number,
    onreading: (light: number, at: number) => Promise<void>
) {
    let next = millis()
    while (true) {
        const reading = await sensor.reading.read()
        const light = Math.round(Math.constrain(reading, 0, 1) * FULL_SCALE)
        // a sensor that answers nonsense is as good as none
        if (!isNaN(light)) await onreading(light, Math.round(millis()))
        // a steady beat, whatever the reading took; but a board that was held up does not catch up
        next = Math.max(next + sample(), millis() + 1)
        await sleep(next - millis())
    }
}
