import { deviceIdentifier } from "@devicescript/core"
import { readSetting } from "@devicescript/settings"
import { DEFAULT_PREFIX, idProblem } from "../contract/topics.js"

/** What a board is told by `.env.defaults`, `.env.local`, or whoever deployed to it. */
export interface Settings {
    readonly host: string
    /** TCP port, 1 to 65535. */
    readonly port: number
    readonly tls: boolean
    /** undefined: connect without a user name. */
    readonly username: string
    readonly password: string
    /** The lesson's ID: what stands before `/telemetry`. */
    readonly id: string
}

// A setting that looks like a number arrives as one, whatever was meant.
async function text(key: string, fallback: string): Promise<string> {
    const value = await readSetting(key, fallback)
    return value === undefined || value === null ? fallback : "" + value
}

function refuse(key: string, why: string, instead: string) {
    console.error(`setting ${key}: ${why}; using ${instead}`)
}

async function readPort(tls: boolean): Promise<number> {
    const usual = tls ? 8883 : 1883
    const given = await text("MQTT_PORT", "")
    if (given === "") return usual
    const port = parseInt(given)
    if (port > 0 && port < 65536 && "" + port === given) return port
    refuse("MQTT_PORT", `${given} is not a port from 1 to 65535`, "" + usual)
    return usual
}

async function readTls(): Promise<boolean> {
    const given = await text("MQTT_TLS", "false")
    if (given === "true" || given === "1") return true
    if (given !== "false" && given !== "0") refuse("MQTT_TLS", `${given} is neither true nor false`, "false")
    return false
}

async function readId(): Promise<string> {
    // sixteen hexadecimal digits: the last six tell boards apart
    const own = DEFAULT_PREFIX + "/" + deviceIdentifier("self").slice(10)
    const given = await text("NL_ID", "")
    if (given === "") return own
    const problem = idProblem(given)
    if (problem) refuse("NL_ID", problem, own)
    return problem ? own : given
}

/** Reads the settings; a bad one gives a line in the log, and the default. */
export async function readSettings(): Promise<Settings> {
    const tls = await readTls()
    const username = await text("MQTT_USER", "")
    return {
        host: await text("MQTT_HOST", "127.0.0.1"),
        port: await readPort(tls),
        tls,
        username: username === "" ? undefined : username,
        password: username === "" ? undefined : await text("MQTT_PWD", ""),
        id: await readId(),
    }
}
