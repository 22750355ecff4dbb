/** How several sensors decide together. Each way comes down to one light level, by which the rule then goes. */

/** `median`: what half of them say; `any`: one that is dark is enough; `all`: all must be dark; `at_least`: so many must. */
export type Combine = "median" | "any" | "all" | "at_least"

/**
 * The light level that stands for those of a zone's sensors: below a threshold exactly when so many of them are. So one
 * rule, with its hysteresis, serves one sensor and a hundred. Of an even number the median lies between the middle two.
 *
 * `lights` is put in order. Gives undefined when the lights are too few to tell: none, or fewer than `atLeast`.
 */
export function combine(how: Combine, lights: number[], atLeast = 1): number | undefined {
    const count = lights.length
    if (count === 0) return undefined
    lights.sort((a, b) => a - b)
    if (how === "any") return lights[0]
    if (how === "all") return lights[count - 1]
    if (how === "at_least") return count < atLeast ? undefined : lights[atLeast - 1]
    const middle = count >> 1
    return count % 2 === 1 ? lights[middle] : (lights[middle - 1]! + lights[middle]!) / 2
}
