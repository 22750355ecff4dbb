import { deviceIdentifier } from "@devicescript/core"
import { readSetting } from "@devicescript/settings"
import { DEFAULT_PREFIX, idProblem } from "../contract/topics.js"

/** Default broker host. Only simulated boards can use this default; real boards need `MQTT_HOST`. */
const LOCALHOST = "127.0.0.1"

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
    /** Device id: the part of the topic before `/telemetry`. */
    readonly id: string
}

/** Logs that a setting is invalid and what is used instead. Never logs the value, which may be a secret. */
export function warnInvalidSetting(key: string, why: string, instead: string) {
    console.error(`setting ${key}: ${why}; using ${instead}`)
}

/** Reads a setting as text. DeviceScript stores a value that looks like a number as a number. */
async function readText(key: string): Promise<string> {
    const value = await readSetting(key, "")
    const given = "" + value
    let fits = typeof value !== "object"
    for (let i = 0; i < given.length; i++) if (given.charCodeAt(i) < 32) fits = false
    if (!fits) warnInvalidSetting(key, "it is not text", "the default")
    return fits ? given : ""
}

async function readHost(): Promise<string> {
    const given = await readText("MQTT_HOST")
    let fits = given !== ""
    for (let i = 0; i < given.length; i++) if (" /@".includes(given[i])) fits = false
    if (!fits && given !== "") warnInvalidSetting("MQTT_HOST", `${given} is neither a name nor an address`, LOCALHOST)
    return fits ? given : LOCALHOST
}

async function readPort(tls: boolean): Promise<number> {
    const usual = tls ? 8883 : 1883
    const given = await readText("MQTT_PORT")
    if (given === "") return usual
    const port = parseInt(given)
    if (port > 0 && port < 65536 && "" + port === given) return port
    warnInvalidSetting("MQTT_PORT", `${given} is not a port from 1 to 65535`, "" + usual)
    return usual
}

async function readTls(): Promise<boolean> {
    const given = await readText("MQTT_TLS")
    if (given === "true" || given === "1") return true
    if (given !== "" && given !== "false" && given !== "0")
        warnInvalidSetting("MQTT_TLS", `${given} is neither true nor false`, "false")
    return false
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
        port: await readPort(tls),
        tls,
        username: username === "" ? undefined : username,
        password: username === "" ? undefined : await readText("MQTT_PWD"),
        id: await readId(),
    }
}
