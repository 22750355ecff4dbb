/** How several sensors decide together. Each way comes down to one light level, by which the rule then goes. */

/** `median`: what half of them say; `any`: one that is dark is enough; `all`: all must be dark; `at_least`: so many must. */
export type Combine = "median" | "any" | "all" | "at_least"

/**
 * The light level that stands for those of a zone's sensors: below a threshold exactly when so many of them are. So one
 * rule, with its hysteresis, serves one sensor and a hundred. Of an even number the median lies between the middle two.
 *
 * The order of `lights` is not kept. Gives undefined when they are too few to tell: none, or fewer than `atLeast`.
 */
export function combine(how: Combine, lights: number[], atLeast = 1): number | undefined {
    const count = lights.length
    if (count === 0) return undefined
    if (how === "any") return select(lights, 0)
    if (how === "all") return select(lights, count - 1)
    if (how === "at_least") return count < atLeast ? undefined : select(lights, atLeast - 1)
    const upper = count >> 1
    const middle = select(lights, upper)
    if (count % 2 === 1) return middle
    // those before it are the smaller ones, in no order
    let lower = lights[0]!
    for (let i = 1; i < upper; i++) if (lights[i]! > lower) lower = lights[i]!
    return (lower + middle) / 2
}

/**
 * The level that would stand at `k` if they were in order, by Hoare's selection: a stadium has a thousand sensors, each of
 * which reports several times a second. Afterwards none before `k` is greater, and none after it is smaller.
 */
function select(lights: number[], k: number): number {
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
