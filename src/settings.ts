import { deviceIdentifier } from "@devicescript/core"
import { readSetting } from "@devicescript/settings"
import { DEFAULT_PREFIX, idProblem } from "../contract/topics.js"

/** The default: where a simulated board finds the broker, and a real one never does. */
const LOCALHOST = "127.0.0.1"

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

/** Says that a setting is no good, and what is used instead. The value itself may be a secret. */
export function refuse(key: string, why: string, instead: string) {
    console.error(`setting ${key}: ${why}; using ${instead}`)
}

// A setting that looks like a number arrives as one, whatever was meant.
async function text(key: string): Promise<string> {
    const value = await readSetting(key, "")
    const given = "" + value
    let fits = typeof value !== "object"
    for (let i = 0; i < given.length; i++) if (given.charCodeAt(i) < 32) fits = false
    if (!fits) refuse(key, "it is not text", "the default")
    return fits ? given : ""
}

async function readHost(): Promise<string> {
    const given = await text("MQTT_HOST")
    let fits = given !== ""
    for (let i = 0; i < given.length; i++) if (" /@".includes(given[i])) fits = false
    if (!fits && given !== "") refuse("MQTT_HOST", `${given} is neither a name nor an address`, LOCALHOST)
    return fits ? given : LOCALHOST
}

async function readPort(tls: boolean): Promise<number> {
    const usual = tls ? 8883 : 1883
    const given = await text("MQTT_PORT")
    if (given === "") return usual
    const port = parseInt(given)
    if (port > 0 && port < 65536 && "" + port === given) return port
    refuse("MQTT_PORT", `${given} is not a port from 1 to 65535`, "" + usual)
    return usual
}

async function readTls(): Promise<boolean> {
    const given = await text("MQTT_TLS")
    if (given === "true" || given === "1") return true
    if (given !== "" && given !== "false" && given !== "0")
        refuse("MQTT_TLS", `${given} is neither true nor false`, "false")
    return false
}

async function readId(): Promise<string> {
    // sixteen hexadecimal digits: the last six tell boards apart
    const own = DEFAULT_PREFIX + "/" + deviceIdentifier("self").slice(10)
    const given = await text("NL_ID")
    if (given === "") return own
    const problem = idProblem(given)
    if (problem) refuse("NL_ID", problem, own)
    return problem ? own : given
}

/** Reads the settings; a bad one gives a line in the log, and the default. */
export async function readSettings(): Promise<Settings> {
    const tls = await readTls()
    const username = await text("MQTT_USER")
    return {
        host: await readHost(),
        port: await readPort(tls),
        tls,
        username: username === "" ? undefined : username,
        password: username === "" ? undefined : await text("MQTT_PWD"),
        id: await readId(),
    }
}
