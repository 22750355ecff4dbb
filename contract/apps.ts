/** Messages between the server and apps, which no board reads: so they take none of its memory. */

import { Message } from "./schema.js"

/** What a clock may reach: the largest whole number that is exact. */
const MAX_COUNT = 9007199254740991
const MONTH = 31 * 24 * 60 * 60000

/** `<id>/set`: what a person wants of a lamp. */
export const OVERRIDE = {
    /** `on` and `off` keep the lamp so, `auto` ends that. */
    mode: { type: "string", required: true, values: ["auto", "on", "off"] },
    /** For how long, in ms; then it is `auto` again. Until it is changed unless given. */
    for: { type: "integer", minimum: 1000, maximum: MONTH },
} as const
export type Override = Message<typeof OVERRIDE>

/** `<id>/decision`, retained: what the server has decided for a lamp, and why, for apps. Told when it changes. */
export const DECISION = {
    /** The lamp as it was commanded; not there when nothing was decided yet. */
    led_on: { type: "boolean" },
    /** `auto`, or a person's override. */
    mode: { type: "string", required: true, values: ["auto", "on", "off"] },
    /** When a person's override ends, in ms since 1970; not there when it lasts. */
    until: { type: "integer", minimum: 0, maximum: MAX_COUNT },
    /** Why, in a sentence for people. */
    reason: { type: "string", maxLength: 200 },
} as const
export type Decision = Message<typeof DECISION>
