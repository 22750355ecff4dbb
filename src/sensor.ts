import { LightLevel, millis, sleep } from "@devicescript/core"

/** Highest light level: readings use 10 bits. */
const FULL_SCALE = 1023

/**
 * Samples the light sensor at a fixed rate; never returns. Skips samples until a sensor is attached.
 * @param interval returns the time between two samples in ms; called after each sample
 * @param onreading called with the light level, 0 (dark) to 1023, and its time in ms since the board started
 */
export async function sampleForever(
    sensor: LightLevel,
    interval: () => number,
    onreading: (light: number, at: number) => Promise<void>
) {
    let newest: number = undefined
    // read() would return a cached value that may be half a second old.
    sensor.reading.subscribe(reading => {
        newest = reading
    })
    let next = millis()
    while (true) {
        const light = Math.round(Math.constrain(newest, 0, 1) * FULL_SCALE)
        // Skip a missing sample: undefined before the first event, NaN if the sensor is faulty.
        if (newest !== undefined && !isNaN(light)) await onreading(light, Math.round(millis()))
        // Keep a fixed rate independent of processing time. After a long delay, skip the missed samples.
        next = Math.max(next + interval(), millis() + 1)
        await sleep(next - millis())
    }
}
