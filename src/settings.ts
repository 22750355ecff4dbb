import { deviceIdentifier } from "@devicescript/core"
import { readSetting } from "./flash.js"
import { DEFAULT_PREFIX, idProblem } from "../contract/topics.js"

/** Default broker host. Only simulated boards can use this default; real boards need `MQTT_HOST`. */
const LOCALHOST = "127.0.0.1"

/**
 * Default keep-alive in seconds. The client pings when 3/4 of this time pass without traffic in both directions. With
 * 45 s, the heartbeat every 30 s and its acknowledgment come earlier, so that a board in steady light sends no pings.
 */
const DEFAULT_KEEP_ALIVE = 45
/** Shortest keep-alive in seconds. The client waits half of it for an answer, which takes seconds on a slow network. */
const MIN_KEEP_ALIVE = 5
/** Longest keep-alive in seconds. A longer keep-alive would hide the loss of a board for more than half an hour. */
const MAX_KEEP_ALIVE = 1200

/** Connection settings from flash, written by `.env.defaults`, `.env.local` or a deployment tool. */
export interface Settings {
    /** Host name or address of the broker. */
    readonly host: string
    /** TCP port of the broker, 1 to 65535. */
    readonly port: number
    readonly tls: boolean
    /** User name for the broker; undefined to connect without credentials. */
    readonly username: string
    readonly password: string
    /** MQTT keep-alive in seconds. The broker declares a lost board offline after 1.5 times this. */
    readonly keepAlive: number
    /** Device id: the part of the topic before `/telemetry`. */
    readonly id: string
}

/** Logs that a setting is invalid and what is used instead. Never logs the value, which may be a secret. */
export function warnInvalidSetting(key: string, why: string, instead: string) {
    console.error(`setting ${key}: ${why}; using ${instead}`)
}

/** Reads a setting as text. DeviceScript stores a value that looks like a number as a number. */
export async function readText(key: string): Promise<string> {
    const value = await readSetting(key, "")
    const given = "" + value
    let fits = typeof value !== "object"
    for (let i = 0; i < given.length; i++) if (given.charCodeAt(i) < 32) fits = false
    if (!fits) warnInvalidSetting(key, "it is not text", "the default")
    return fits ? given : ""
}

async function readHost(): Promise<string> {
    const given = await readText("MQTT_HOST")
    let fits = true
    for (const c of " /@") if (given.indexOf(c) >= 0) fits = false
    if (!fits) warnInvalidSetting("MQTT_HOST", `${given} is neither a name nor an address`, LOCALHOST)
    return fits && given ? given : LOCALHOST
}

/** Reads a setting that is a whole number from `least` to `most`. Logs an invalid value and returns `usual` instead. */
export async function readNumber(key: string, usual: number, least: number, most: number): Promise<number> {
    const given = await readText(key)
    if (given === "") return usual
    const value = parseInt(given)
    if (value >= least && value <= most && "" + value === given) return value
    warnInvalidSetting(key, `${given} is not a whole number from ${least} to ${most}`, "" + usual)
    return usual
}

async function readTls(): Promise<boolean> {
    const given = await readText("MQTT_TLS")
    const tls = given === "true" || given === "1"
    if (!tls && given && given !== "false" && given !== "0")
        warnInvalidSetting("MQTT_TLS", `${given} is neither true nor false`, "false")
    return tls
}

async function readId(): Promise<string> {
    // The device identifier has 16 hexadecimal digits. The last six distinguish boards.
    const own = DEFAULT_PREFIX + "/" + deviceIdentifier("self").slice(10)
    const given = await readText("NL_ID")
    if (given === "") return own
    const problem = idProblem(given)
    if (problem) warnInvalidSetting("NL_ID", problem, own)
    return problem ? own : given
}

/** Reads all settings. Logs each invalid setting and uses its default instead. */
export async function readSettings(): Promise<Settings> {
    const tls = await readTls()
    const username = await readText("MQTT_USER")
    return {
        host: await readHost(),
        port: await readNumber("MQTT_PORT", tls ? 8883 : 1883, 1, 65535),
        tls,
        username: username === "" ? undefined : username,
        password: username === "" ? undefined : await readText("MQTT_PWD"),
        keepAlive: await readNumber("NL_KEEPALIVE", DEFAULT_KEEP_ALIVE, MIN_KEEP_ALIVE, MAX_KEEP_ALIVE),
        id: await readId(),
    }
}
