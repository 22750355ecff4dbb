/**
 * MQTT messages that boards send and receive, described as tables of fields. Types, validation, JSON Schemas and the
 * AsyncAPI document are derived from these tables. Messages between server and apps are in `apps.ts`.
 */

import { MAX_INTEGER, Message } from "./schema.js"

/** Largest accepted timestamp or counter: JavaScript's MAX_SAFE_INTEGER, 2^53 - 1. */
const MAX_SAFE_INTEGER = 9007199254740991
const MINUTE = 60000
const DAY = 24 * 60 * MINUTE

// Field definitions shared by several messages. Sharing saves bytecode and memory on boards.
const FLAG_FIELD = { type: "boolean" } as const
/** A light level on the 10-bit scale; 0 is dark. */
const LEVEL_FIELD = { type: "number", minimum: 0, maximum: 1023 } as const
const INTEGER_FIELD = { type: "integer", minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_INTEGER_FIELD = { type: "integer", required: true, minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_FLAG_FIELD = { type: "boolean", required: true } as const
const COUNT_FIELD = { type: "integer", minimum: 0, maximum: MAX_SAFE_INTEGER } as const
const NAME_FIELD = { type: "string", maxLength: 64 } as const
/** A duration of up to a day, in ms. */
const DURATION_FIELD = { type: "integer", minimum: 0, maximum: DAY } as const
/** A duration from a second to a day, in ms. */
const TIMEOUT_FIELD = { type: "integer", minimum: 1000, maximum: DAY } as const

/** `<id>/telemetry`: a reading of the light sensor. Only `light` is required. */
export const TELEMETRY = {
    /** Light level on a 10-bit scale; 0 is dark. */
    light: { type: "number", required: true, minimum: 0, maximum: 1023 },
    /** Whether the lamp was on when the reading was taken. */
    led_on: FLAG_FIELD,
    /** Random number that the firmware picks at each start. Together, `boot` and `seq` identify a reading. */
    boot: INTEGER_FIELD,
    /** Sequence number of the reading. Starts at 1 after each boot. */
    seq: INTEGER_FIELD,
    /** Age of the reading when it was sent, in ms. Boards send ages because they have no clock. */
    age: INTEGER_FIELD,
    /** When the reading was taken, in ms since the board started. Unlike `age`, `at` stays valid in resent messages. */
    at: COUNT_FIELD,
} as const
export type Telemetry = Message<typeof TELEMETRY>

/** `<id>/commands`, retained: switches the lamp on or off. */
export const LAMP_COMMAND = {
    /** Whether the lamp must be on. */
    led_on: REQUIRED_FLAG_FIELD,
    /** The `seq` of the reading that this command answers. Boards use `seq` to recognize outdated commands. */
    seq: INTEGER_FIELD,
} as const
export type LampCommand = Message<typeof LAMP_COMMAND>

/** `<id>/commands`, not retained: an action that the board performs once. */
export const ACTION_COMMAND = {
    /**
     * `report` requests diagnostics, `reboot` restarts the board, `identify` blinks the lamp so that a person can find it,
     * `update` makes the board ask its server for a new program.
     */
    action: { type: "string", required: true, values: ["report", "reboot", "identify", "update"] },
    /** Sequence number of the action. The reply repeats it. */
    seq: REQUIRED_INTEGER_FIELD,
} as const
export type ActionCommand = Message<typeof ACTION_COMMAND>

/** `<id>/replies`: the result of an action. */
export const REPLY = {
    /** The `seq` of the action. */
    seq: REQUIRED_INTEGER_FIELD,
    /** Whether the action succeeded. */
    ok: REQUIRED_FLAG_FIELD,
    /** Why the action failed. */
    error: { type: "string", maxLength: 120 },
    /** The current light level. */
    light: LEVEL_FIELD,
    /** Whether the lamp is on. */
    led_on: FLAG_FIELD,
    /** Time since the board started, in ms. */
    uptime: COUNT_FIELD,
    /** Number of invalid messages that the board rejected since it started. */
    rejected: COUNT_FIELD,
    /** Number of connections to the broker since the board started. */
    connects: COUNT_FIELD,
    /** When the program started, in ms since the board started. A large value means that the program crashed and restarted. */
    began: COUNT_FIELD,
    /** Number of readings that wait to be sent. */
    waiting: COUNT_FIELD,
    /** Number of readings lost because the memory was full. */
    dropped: COUNT_FIELD,
    /** Number of MQTT messages sent. */
    sent: COUNT_FIELD,
    /** Number of MQTT messages sent again after a reconnect. */
    resent: COUNT_FIELD,
    /** Number of MQTT messages received. */
    received: COUNT_FIELD,
} as const
export type Reply = Message<typeof REPLY>

/** `<id>/status`, retained: whether the board is online. The board's will is `{"online": false}`. */
export const STATUS = {
    /** Whether the device is connected. */
    online: REQUIRED_FLAG_FIELD,
    /** Whether the lamp is on. */
    led_on: FLAG_FIELD,
    /** Who decides about the lamp: `server`, or `device` while the board has no server. */
    decided_by: { type: "string", values: ["server", "device"] },
    /** Firmware version. */
    firmware: NAME_FIELD,
    /** Board type: the name of its file in `boards/`. */
    board: NAME_FIELD,
    /** The same `boot` number as in the board's readings. */
    boot: INTEGER_FIELD,
    /** Number of readings lost since the board started, because memory was full while the board was offline. */
    dropped: COUNT_FIELD,
    /** The `revision` of the configuration that the board has applied. */
    config: INTEGER_FIELD,
    /** Whether the board has closed its connection to receive a new program. `online` is false then. */
    updating: FLAG_FIELD,
} as const
export type Status = Message<typeof STATUS>

/** `<id>/config`, retained: the lamp rule and reporting parameters, so that a board can decide by the same rule. */
export const CONFIG = {
    /** The lamp switches on when the light is below this level. */
    threshold: LEVEL_FIELD,
    /** The lamp switches off when the light reaches threshold + hysteresis. */
    hysteresis: LEVEL_FIELD,
    /** Minimum time that the lamp stays on, in ms. */
    min_on: DURATION_FIELD,
    /** Minimum time that the lamp stays off, in ms. */
    min_off: DURATION_FIELD,
    /** `change` sends a reading when the light changes, plus heartbeats. `interval` sends at a fixed rate. */
    report: { type: "string", values: ["change", "interval"] },
    /** Time between readings when `report` is `interval`, in ms. */
    interval: { type: "integer", minimum: 100, maximum: DAY },
    /** Time between two samples of the sensor, in ms. */
    sample: { type: "integer", minimum: 50, maximum: MINUTE },
    /** How far the light must move before a reading is sent, when `report` is `change`. */
    dead_band: LEVEL_FIELD,
    /** Longest time without a reading when `report` is `change`, in ms. */
    heartbeat: TIMEOUT_FIELD,
    /** Which readings a board stores while offline: `keep` stores all while memory lasts, `latest` only the newest. */
    offline: { type: "string", values: ["keep", "latest"] },
    /** Time without a server after which the board decides by itself, in ms. */
    alone_after: TIMEOUT_FIELD,
    /** Actions with a `seq` up to this number have expired; boards do not perform them. */
    expired: INTEGER_FIELD,
    /** A number that changes with the rule and the reporting parameters. The board returns it as `config` in its status. */
    revision: INTEGER_FIELD,
} as const
export type Config = Message<typeof CONFIG>

/** `<prefix>/status`, retained: whether the server is online. The server's will is `{"online": false}`. */
export const SERVER_STATUS = {
    /** Whether the server is connected. */
    online: REQUIRED_FLAG_FIELD,
} as const
export type ServerStatus = Message<typeof SERVER_STATUS>
