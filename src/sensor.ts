import { LightLevel, millis, sleep } from "@devicescript/core"

/** Highest light level: readings use 10 bits. */
const FULL_SCALE = 1023

/**
 * Reads the light sensor at a fixed rate; never returns. Skips readings until a sensor is attached.
 *
 * The sensor sends about ten samples a second. A reading is the mean of the samples since the previous reading, because
 * a single sample of the noisy ADC would make the lamp flicker near the threshold.
 * @param interval returns the time between two readings in ms; called after each reading
 * @param onreading called with the light level, 0 (dark) to 1023, and its time in ms since the board started
 */
export async function sampleForever(
    sensor: LightLevel,
    interval: () => number,
    onreading: (light: number, at: number) => Promise<void>
) {
    let sum = 0
    let count = 0
    let mean = NaN
    // read() would return a cached value that may be half a second old.
    sensor.reading.subscribe(sample => {
        sum += sample
        count++
    })
    let next = millis()
    while (true) {
        // Without a new sample, keep the mean of the previous reading.
        if (count > 0) mean = sum / count
        sum = 0
        count = 0
        // Skip a missing reading, which is NaN before the first sample and while the sensor is faulty.
        if (!isNaN(mean)) {
            const light = Math.round(Math.min(Math.max(mean, 0), 1) * FULL_SCALE)
            await onreading(light, Math.round(millis()))
        }
        // Keep a fixed rate independent of processing time. After a long delay, skip the missed samples.
        next = Math.max(next + interval(), millis() + 1)
        await sleep(next - millis())
    }
}
