/** Messages between the server and apps. Boards neither send nor receive them, so firmware does not import this file. */

import { Message } from "./schema.js"

/** Largest accepted timestamp: JavaScript's MAX_SAFE_INTEGER, 2^53 - 1. */
const MAX_SAFE_INTEGER = 9007199254740991
const MONTH = 31 * 24 * 60 * 60000

/** `<id>/set`: a manual override of the lamp, sent by an app. */
export const OVERRIDE = {
    /** `on` and `off` hold the lamp in that state. `auto` ends the override. */
    mode: { type: "string", required: true, values: ["auto", "on", "off"] },
    /** Duration of the override in ms; afterwards the mode returns to `auto`. Without it, the override has no end. */
    for: { type: "integer", minimum: 1000, maximum: MONTH },
} as const
export type Override = Message<typeof OVERRIDE>

/** `<id>/decision`, retained: the server's current decision for a lamp and its reason. Published when it changes. */
export const DECISION = {
    /** The lamp state that the server commanded; absent before the first decision. */
    led_on: { type: "boolean" },
    /** `auto`, or the manual override in effect. */
    mode: { type: "string", required: true, values: ["auto", "on", "off"] },
    /** When the manual override ends, in ms since 1970; absent if it has no end. */
    until: { type: "integer", minimum: 0, maximum: MAX_SAFE_INTEGER },
    /** Why the server decided this, as a sentence for people. */
    reason: { type: "string", maxLength: 200 },
} as const
export type Decision = Message<typeof DECISION>

/** `<id>/set`: installs a program over the air, sent by an app such as Home Assistant. */
export const INSTALLATION = {
    /** Which program: `latest` is the newest one that the server has for this type of board. */
    install: { type: "string", required: true, values: ["latest"] },
} as const
export type Installation = Message<typeof INSTALLATION>

/** `<id>/update`, retained: the program of a board and its update, with the fields of Home Assistant's update entity. */
export const UPDATE_STATE = {
    /** The version that the board runs. */
    installed_version: { type: "string", maxLength: 64 },
    /** The newest version that the server has for this type of board. */
    latest_version: { type: "string", maxLength: 64 },
    /** Whether the board is being updated. */
    in_progress: { type: "boolean", required: true },
    /** How much of the program is written, in percent; absent while nothing is written. */
    update_percentage: { type: "integer", minimum: 0, maximum: 100 },
    /** A warning if the newest version has crashed on this board, as a sentence for people; otherwise empty. */
    release_summary: { type: "string", maxLength: 255 },
} as const
export type UpdateState = Message<typeof UPDATE_STATE>
