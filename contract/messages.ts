/** Every message that crosses the wire, described once. `docs/contract.md` says who sends what, and when. */

import { Message } from "./schema.js"

const MAX_INTEGER = 0x7fffffff
/** What a clock or a counter may reach: the largest whole number that is exact. A larger one, such as 1e400, is no time. */
const MAX_COUNT = 9007199254740991
const MINUTE = 60000
const DAY = 24 * 60 * MINUTE

/** `<id>/telemetry`: a reading. A lesson device sends `light` alone. */
export const TELEMETRY = {
    /** Light level on the lesson's 10-bit scale: 0 is dark. */
    light: { type: "number", required: true, minimum: 0, maximum: 1023 },
    /** Whether the lamp was on. */
    led_on: { type: "boolean" },
    /** Tells one run of the firmware from the next: with `seq` it makes a reading unique. */
    boot: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
    /** Counts the readings of one boot, from 1. */
    seq: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
    /** How long before sending the reading was taken, in ms: boards have no clock. */
    age: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
    /** When the reading was taken, in ms since the board started: it stays true however often a message is sent again. */
    at: { type: "integer", minimum: 0, maximum: MAX_COUNT },
} as const
export type Telemetry = Message<typeof TELEMETRY>

/** `<id>/commands`, retained: the state that the lamp is to have. */
export const LAMP_COMMAND = {
    /** Whether the lamp is to be on. */
    led_on: { type: "boolean", required: true },
    /** The `seq` of the reading that it answers: so a board knows a fresh decision from one that waited for it. */
    seq: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
} as const
export type LampCommand = Message<typeof LAMP_COMMAND>

/** `<id>/commands`, not retained: something to be done once. */
export const ACTION_COMMAND = {
    /** `report`: tell how it is. `reboot`: start again. `identify`: blink, so that a person finds it. */
    action: { type: "string", required: true, values: ["report", "reboot", "identify"] },
    /** Names the action in the reply. */
    seq: { type: "integer", required: true, minimum: 0, maximum: MAX_INTEGER },
} as const
export type ActionCommand = Message<typeof ACTION_COMMAND>

/** `<id>/replies`: what became of an action. */
export const REPLY = {
    /** The `seq` of the action. */
    seq: { type: "integer", required: true, minimum: 0, maximum: MAX_INTEGER },
    /** Whether it was done. */
    ok: { type: "boolean", required: true },
    /** Why it was not, in half a sentence. */
    error: { type: "string", maxLength: 120 },
    /** The light level now. */
    light: { type: "number", minimum: 0, maximum: 1023 },
    /** Whether the lamp is on. */
    led_on: { type: "boolean" },
    /** Time since the board started, in ms. */
    uptime: { type: "integer", minimum: 0, maximum: MAX_COUNT },
    /** Messages that the board refused since it started. */
    rejected: { type: "integer", minimum: 0, maximum: MAX_COUNT },
    /** Connections to the broker since it started. */
    connects: { type: "integer", minimum: 0, maximum: MAX_COUNT },
} as const
export type Reply = Message<typeof REPLY>

/** `<id>/status`, retained, and as `{"online": false}` the board's will. */
export const STATUS = {
    /** Whether the device is connected. */
    online: { type: "boolean", required: true },
    /** Whether the lamp is on. */
    led_on: { type: "boolean" },
    /** `device` while the board is on its own. */
    decided_by: { type: "string", values: ["server", "device"] },
    /** The version of the firmware. */
    firmware: { type: "string", maxLength: 64 },
    /** The kind of board: the name of its file in `boards/`. */
    board: { type: "string", maxLength: 64 },
    /** As in its readings. */
    boot: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
    /** Readings lost since the board started, because its memory was full while it was offline. */
    dropped: { type: "integer", minimum: 0, maximum: MAX_COUNT },
} as const
export type Status = Message<typeof STATUS>

/** `<id>/config`, retained: the rule and how to report, so that a board can decide alone by the same rule. */
export const CONFIG = {
    /** The lamp is on when the light is below it. */
    threshold: { type: "number", minimum: 0, maximum: 1023 },
    /** A lamp that is on goes off only when the light reaches threshold + hysteresis. */
    hysteresis: { type: "number", minimum: 0, maximum: 1023 },
    /** The shortest time on, in ms. */
    min_on: { type: "integer", minimum: 0, maximum: DAY },
    /** The shortest time off, in ms. */
    min_off: { type: "integer", minimum: 0, maximum: DAY },
    /** `change`: when the light moved, and a heartbeat. `interval`: every `interval`, as the lesson does. */
    report: { type: "string", values: ["change", "interval"] },
    /** Time between readings sent under `interval`, in ms. */
    interval: { type: "integer", minimum: 100, maximum: DAY },
    /** Time between two looks at the sensor, in ms. */
    sample: { type: "integer", minimum: 50, maximum: MINUTE },
    /** How far the light must move under `change`. */
    dead_band: { type: "number", minimum: 0, maximum: 1023 },
    /** The longest silence under `change`, in ms. */
    heartbeat: { type: "integer", minimum: 1000, maximum: DAY },
    /** What becomes of readings that cannot be sent: `keep` them all while memory lasts, or only the `latest`. */
    offline: { type: "string", values: ["keep", "latest"] },
    /** After how long without a server the board decides for itself, in ms. */
    alone_after: { type: "integer", minimum: 1000, maximum: DAY },
    /** Actions up to this `seq` have expired: a board that finds one waiting does not do it any more. */
    expired: { type: "integer", minimum: 0, maximum: MAX_INTEGER },
} as const
export type Config = Message<typeof CONFIG>

/** `<id>/set`: what a person wants of a lamp. */
export const OVERRIDE = {
    /** `on` and `off` keep the lamp so, `auto` ends that. */
    mode: { type: "string", required: true, values: ["auto", "on", "off"] },
    /** For how long, in ms; then it is `auto` again. Until it is changed unless given. */
    for: { type: "integer", minimum: 1000, maximum: 31 * DAY },
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

/** `<prefix>/status`, retained, and as `{"online": false}` the server's will. */
export const SERVER_STATUS = {
    /** Whether the server is connected. */
    online: { type: "boolean", required: true },
} as const
export type ServerStatus = Message<typeof SERVER_STATUS>
