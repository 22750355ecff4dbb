/**
 * MQTT messages that boards send and receive, described as tables of fields. Types, validation, JSON Schemas and the
 * AsyncAPI document are derived from these tables. Messages between server and apps are in `apps.ts`.
 */

import { MAX_INTEGER, Message } from "./schema.js"

/** Largest accepted timestamp or counter: JavaScript's MAX_SAFE_INTEGER, 2^53 - 1. */
const MAX_COUNT = 9007199254740991
const MINUTE = 60000
const DAY = 24 * 60 * MINUTE

// Field definitions shared by several messages. Sharing saves bytecode and memory on boards.
const FLAG = { type: "boolean" } as const
/** A light level on the 10-bit scale; 0 is dark. */
const LEVEL = { type: "number", minimum: 0, maximum: 1023 } as const
const INTEGER = { type: "integer", minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_INTEGER = { type: "integer", required: true, minimum: 0, maximum: MAX_INTEGER } as const
const REQUIRED_FLAG = { type: "boolean", required: true } as const
const COUNT = { type: "integer", minimum: 0, maximum: MAX_COUNT } as const
const NAME = { type: "string", maxLength: 64 } as const
/** A duration of up to a day, in ms. */
const DURATION = { type: "integer", minimum: 0, maximum: DAY } as const
/** A duration from a second to a day, in ms. */
const TIMEOUT = { type: "integer", minimum: 1000, maximum: DAY } as const

/** `<id>/telemetry`: a reading of the light sensor. Only `light` is required. */
export const TELEMETRY = {
    /** Light level on a 10-bit scale; 0 is dark. */
    light: { type: "number", required: true, minimum: 0, maximum: 1023 },
    /** Whether the lamp was on when the reading was taken. */
    led_on: FLAG,
    /** Random number that the firmware picks at each start. Together, `boot` and `seq` identify a reading. */
    boot: INTEGER,
    /** Sequence number of the reading. Starts at 1 after each boot. */
    seq: INTEGER,
    /** Age of the reading when it was sent, in ms. Boards send ages because they have no clock. */
    age: INTEGER,
    /** When the reading was taken, in ms since the board started. Unlike `age`, `at` stays valid in resent messages. */
    at: COUNT,
} as const
export type Telemetry = Message<typeof TELEMETRY>

/** `<id>/commands`, retained: switches the lamp on or off. */
export const LAMP_COMMAND = {
    /** Whether the lamp must be on. */
    led_on: REQUIRED_FLAG,
    /** The `seq` of the reading that this command answers. Boards use `seq` to recognize outdated commands. */
    seq: INTEGER,
} as const
export type LampCommand = Message<typeof LAMP_COMMAND>

/** `<id>/commands`, not retained: an action that the board performs once. */
export const ACTION_COMMAND = {
    /** `report` requests diagnostics, `reboot` restarts the board, `identify` blinks the lamp so that a person can find it. */
    action: { type: "string", required: true, values: ["report", "reboot", "identify"] },
    /** Sequence number of the action. The reply repeats it. */
    seq: REQUIRED_INTEGER,
} as const
export type ActionCommand = Message<typeof ACTION_COMMAND>

/** `<id>/replies`: the result of an action. */
export const REPLY = {
    /** The `seq` of the action. */
    seq: REQUIRED_INTEGER,
    /** Whether the action succeeded. */
    ok: REQUIRED_FLAG,
    /** Why the action failed. */
    error: { type: "string", maxLength: 120 },
    /** The current light level. */
    light: LEVEL,
    /** Whether the lamp is on. */
    led_on: FLAG,
    /** Time since the board started, in ms. */
    uptime: COUNT,
    /** Number of invalid messages that the board rejected since it started. */
    rejected: COUNT,
    /** Number of connections to the broker since the board started. */
    connects: COUNT,
    /** When the program started, in ms since the board started. A large value means that the program crashed and restarted. */
    began: COUNT,
    /** Number of readings that wait to be sent. */
    waiting: COUNT,
    /** Number of readings lost because the memory was full. */
    dropped: COUNT,
    /** Number of MQTT messages sent. */
    sent: COUNT,
    /** Number of MQTT messages sent again after a reconnect. */
    resent: COUNT,
    /** Number of MQTT messages received. */
    received: COUNT,
} as const
export type Reply = Message<typeof REPLY>

/** `<id>/status`, retained: whether the board is online. The board's will is `{"online": false}`. */
export const STATUS = {
    /** Whether the device is connected. */
    online: REQUIRED_FLAG,
    /** Whether the lamp is on. */
    led_on: FLAG,
    /** Who decides about the lamp: `server`, or `device` while the board has no server. */
    decided_by: { type: "string", values: ["server", "device"] },
    /** Firmware version. */
    firmware: NAME,
    /** Board type: the name of its file in `boards/`. */
    board: NAME,
    /** The same `boot` number as in the board's readings. */
    boot: INTEGER,
    /** Number of readings lost since the board started, because memory was full while the board was offline. */
    dropped: COUNT,
    /** The `revision` of the configuration that the board has applied. */
    config: INTEGER,
} as const
export type Status = Message<typeof STATUS>

/** `<id>/config`, retained: the lamp rule and reporting parameters, so that a board can decide by the same rule. */
export const CONFIG = {
    /** The lamp switches on when the light is below this level. */
    threshold: LEVEL,
    /** The lamp switches off when the light reaches threshold + hysteresis. */
    hysteresis: LEVEL,
    /** Minimum time that the lamp stays on, in ms. */
    min_on: DURATION,
    /** Minimum time that the lamp stays off, in ms. */
    min_off: DURATION,
    /** `change` sends a reading when the light changes, plus heartbeats. `interval` sends at a fixed rate. */
    report: { type: "string", values: ["change", "interval"] },
    /** Time between readings when `report` is `interval`, in ms. */
    interval: { type: "integer", minimum: 100, maximum: DAY },
    /** Time between two samples of the sensor, in ms. */
    sample: { type: "integer", minimum: 50, maximum: MINUTE },
    /** How far the light must move before a reading is sent, when `report` is `change`. */
    dead_band: LEVEL,
    /** Longest time without a reading when `report` is `change`, in ms. */
    heartbeat: TIMEOUT,
    /** Which readings a board stores while offline: `keep` stores all while memory lasts, `latest` only the newest. */
    offline: { type: "string", values: ["keep", "latest"] },
    /** Time without a server after which the board decides by itself, in ms. */
    alone_after: TIMEOUT,
    /** Actions with a `seq` up to this number have expired; boards do not perform them. */
    expired: INTEGER,
    /** A number that changes with the rule and the reporting parameters. The board returns it as `config` in its status. */
    revision: INTEGER,
} as const
export type Config = Message<typeof CONFIG>

/** `<prefix>/status`, retained: whether the server is online. The server's will is `{"online": false}`. */
export const SERVER_STATUS = {
    /** Whether the server is connected. */
    online: REQUIRED_FLAG,
} as const
export type ServerStatus = Message<typeof SERVER_STATUS>
