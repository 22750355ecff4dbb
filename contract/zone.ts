/** Combines the light levels of a zone's sensors into a single level, to which the lamp rule is then applied. */

/**
 * How a zone combines its sensors. With `median`, the median level decides. The other values set how many sensors must
 * be dark: one with `any`, every sensor with `all`, a configured number with `at_least`.
 */
export type CombineMethod = "median" | "any" | "all" | "at_least"

/**
 * Combines light levels into one. The result is below a threshold exactly when enough sensors are below that threshold.
 * A zone can therefore use the same rule, including hysteresis, as a single sensor.
 * Returns undefined if there are no levels, or fewer than `atLeast` with `at_least`.
 * @param lights light levels, 0 to 1023; this function reorders the array
 * @param atLeast number of sensors that must be dark with `at_least`
 */
export function combine(how: CombineMethod, lights: number[], atLeast = 1): number | undefined {
    const count = lights.length
    if (count === 0) return undefined
    if (how === "any") return selectLevel(lights, 0)
    if (how === "all") return selectLevel(lights, count - 1)
    if (how === "at_least") return count < atLeast ? undefined : selectLevel(lights, atLeast - 1)
    const upper = count >> 1
    const middle = selectLevel(lights, upper)
    if (count % 2 === 1) return middle
    // With an even number of levels, average the two middle ones. The lower one is the largest level before `upper`.
    let lower = lights[0]!
    for (let i = 1; i < upper; i++) if (lights[i]! > lower) lower = lights[i]!
    return (lower + middle) / 2
}

/**
 * Returns the level that sorting would place at index `k`. Quickselect (Hoare) finds it in linear time, which matters for
 * zones of a thousand sensors that report several times a second.
 * Reorders `lights`: afterwards no level before `k` is larger, and none after `k` is smaller.
 */
function selectLevel(lights: number[], k: number): number {
    let from = 0
    let to = lights.length - 1
    while (from < to) {
        const pivot = lights[(from + to) >> 1]!
        let low = from
        let high = to
        while (low <= high) {
            while (lights[low]! < pivot) low++
            while (lights[high]! > pivot) high--
            if (low > high) break
            const light = lights[low]!
            lights[low] = lights[high]!
            lights[high] = light
            low++
            high--
        }
        if (k <= high) to = high
        else if (k >= low) from = low
        else break
    }
    return lights[k]!
}
