/**
 * Every message that crosses the wire, described once; those that boards have nothing to do with are in `apps.ts`, which
 * costs them nothing. `docs/reference/contract.md` says who sends what, and when.
 */

import { Message } from "./schema.js"

const MAX_INTEGER = 0x7fffffff
/** What a clock or a counter may reach: the largest whole number that is exact. A larger one, such as 1e400, is no time. */
const MAX_COUNT = 9007199254740991
const MINUTE = 60000
const DAY = 24 * 60 * MINUTE

// Kinds of fields that are written once: each costs a board bytecode and memory.
const FLAG = { type: "boolean" } as const
/** A light level on the lesson's 10-bit scale. */
const LEVEL = { type: "number", minimum: 0, maximum: 1023 } as const
const INTEGER = { type: "integer", minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_INTEGER = { type: "integer", required: true, minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_FLAG = { type: "boolean", required: true } as const
const COUNT = { type: "integer", minimum: 0, maximum: MAX_COUNT } as const
const NAME = { type: "string", maxLength: 64 } as const
/** A time of up to a day, in ms. */
const TIME = { type: "integer", minimum: 0, maximum: DAY } as const
/** The same, of a second at least. */
const PATIENCE = { type: "integer", minimum: 1000, maximum: DAY } as const

/** `<id>/telemetry`: a reading. A lesson device sends `light` alone. */
export const TELEMETRY = {
    /** Light level on the lesson's 10-bit scale: 0 is dark. */
    light: { type: "number", required: true, minimum: 0, maximum: 1023 },
    /** Whether the lamp was on. */
    led_on: FLAG,
    /** Tells one run of the firmware from the next: with `seq` it makes a reading unique. */
    boot: INTEGER,
    /** Counts the readings of one boot, from 1. */
    seq: INTEGER,
    /** How long before sending the reading was taken, in ms: boards have no clock. */
    age: INTEGER,
    /** When the reading was taken, in ms since the board started: it stays true however often a message is sent again. */
    at: COUNT,
} as const
export type Telemetry = Message<typeof TELEMETRY>

/** `<id>/commands`, retained: the state that the lamp is to have. */
export const LAMP_COMMAND = {
    /** Whether the lamp is to be on. */
    led_on: REQUIRED_FLAG,
    /** The `seq` of the reading that it answers: so a board knows a fresh decision from one that waited for it. */
    seq: INTEGER,
} as const
export type LampCommand = Message<typeof LAMP_COMMAND>

/** `<id>/commands`, not retained: something to be done once. */
export const ACTION_COMMAND = {
    /** `report`: tell how it is. `reboot`: start again. `identify`: blink, so that a person finds it. */
    action: { type: "string", required: true, values: ["report", "reboot", "identify"] },
    /** Names the action in the reply. */
    seq: REQUIRED_INTEGER,
} as const
export type ActionCommand = Message<typeof ACTION_COMMAND>

/** `<id>/replies`: what became of an action. */
export const REPLY = {
    /** The `seq` of the action. */
    seq: REQUIRED_INTEGER,
    /** Whether it was done. */
    ok: REQUIRED_FLAG,
    /** Why it was not, in half a sentence. */
    error: { type: "string", maxLength: 120 },
    /** The light level now. */
    light: LEVEL,
    /** Whether the lamp is on. */
    led_on: FLAG,
    /** Time since the board started, in ms. */
    uptime: COUNT,
    /** Messages that the board refused since it started. */
    rejected: COUNT,
    /** Connections to the broker since it started. */
    connects: COUNT,
    /** When the program began, in ms since the board started: soon after, unless it ended by a fault and began anew. */
    began: COUNT,
    /** Readings that wait to be sent. */
    waiting: COUNT,
    /** Readings lost because the memory was full. */
    dropped: COUNT,
    /** MQTT messages that were sent. */
    sent: COUNT,
    /** How often one was sent again after a reconnect. */
    resent: COUNT,
    /** MQTT messages that arrived. */
    received: COUNT,
} as const
export type Reply = Message<typeof REPLY>

/** `<id>/status`, retained, and as `{"online": false}` the board's will. */
export const STATUS = {
    /** Whether the device is connected. */
    online: REQUIRED_FLAG,
    /** Whether the lamp is on. */
    led_on: FLAG,
    /** `device` while the board is on its own. */
    decided_by: { type: "string", values: ["server", "device"] },
    /** The version of the firmware. */
    firmware: NAME,
    /** The kind of board: the name of its file in `boards/`. */
    board: NAME,
    /** As in its readings. */
    boot: INTEGER,
    /** Readings lost since the board started, because its memory was full while it was offline. */
    dropped: COUNT,
} as const
export type Status = Message<typeof STATUS>

/** `<id>/config`, retained: the rule and how to report, so that a board can decide alone by the same rule. */
export const CONFIG = {
    /** The lamp is on when the light is below it. */
    threshold: LEVEL,
    /** A lamp that is on goes off only when the light reaches threshold + hysteresis. */
    hysteresis: LEVEL,
    /** The shortest time on, in ms. */
    min_on: TIME,
    /** The shortest time off, in ms. */
    min_off: TIME,
    /** `change`: when the light moved, and a heartbeat. `interval`: every `interval`, as the lesson does. */
    report: { type: "string", values: ["change", "interval"] },
    /** Time between readings sent under `interval`, in ms. */
    interval: { type: "integer", minimum: 100, maximum: DAY },
    /** Time between two looks at the sensor, in ms. */
    sample: { type: "integer", minimum: 50, maximum: MINUTE },
    /** How far the light must move under `change`. */
    dead_band: LEVEL,
    /** The longest silence under `change`, in ms. */
    heartbeat: PATIENCE,
    /** What becomes of readings that cannot be sent: `keep` them all while memory lasts, or only the `latest`. */
    offline: { type: "string", values: ["keep", "latest"] },
    /** After how long without a server the board decides for itself, in ms. */
    alone_after: PATIENCE,
    /** Actions up to this `seq` have expired: a board that finds one waiting does not do it any more. */
    expired: INTEGER,
} as const
export type Config = Message<typeof CONFIG>

/** `<prefix>/status`, retained, and as `{"online": false}` the server's will. */
export const SERVER_STATUS = {
    /** Whether the server is connected. */
    online: REQUIRED_FLAG,
} as const
export type ServerStatus = Message<typeof SERVER_STATUS>
