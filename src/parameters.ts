import { readSetting, writeSetting } from "@devicescript/settings"
import { Bytes } from "../contract/json.js"
import { CONFIG } from "../contract/messages.js"
import { Cadence, DEFAULT_CADENCE } from "../contract/reporting.js"
import { LESSON_RULE, Rule } from "../contract/rule.js"
import { decode } from "../contract/schema.js"
import { refuse } from "./settings.js"

/** What `<id>/config` says. What it leaves out is as the contract has it. */
export interface Parameters extends Rule, Cadence {
    readonly offline: "keep" | "latest"
    /** In ms. */
    readonly alone_after: number
    /** Actions up to this `seq` have expired. */
    readonly expired: number
}

/** Where the rule is kept over a restart: a board that finds no server at its start decides as it last did. */
const KEPT = "NL_RULE"

export function defaultParameters(): Parameters {
    return { ...LESSON_RULE, ...DEFAULT_CADENCE, offline: "keep", alone_after: 10000, expired: 0 }
}

function keptOf(p: Parameters): string {
    const { threshold, hysteresis, min_on, min_off, alone_after } = p
    return JSON.stringify({ threshold, hysteresis, min_on, min_off, alone_after })
}

/** The parameters that the board had when it was last told any, as far as it decides by them. */
export async function restoreParameters(): Promise<Parameters> {
    const kept = await readSetting(KEPT, undefined)
    if (kept === undefined) return defaultParameters()
    const { parameters, problem } = readParameters(Buffer.from("" + kept))
    if (problem) refuse(KEPT, problem, "the default rule")
    return problem ? defaultParameters() : parameters
}

/** Keeps them for the next start. Flash wears: nothing is written that is there already. */
export async function keepParameters(parameters: Parameters, before: Parameters) {
    const kept = keptOf(parameters)
    if (kept !== keptOf(before)) await writeSetting(KEPT, kept)
}

/** The parameters, or why the message has none. An empty message, which clears a retained one, gives the defaults. */
export function readParameters(payload: Bytes): { parameters?: Parameters; problem?: string } {
    if (payload.length === 0) return { parameters: defaultParameters() }
    const config = decode(CONFIG, payload)
    if (config.problem) return { problem: config.problem }
    return { parameters: { ...defaultParameters(), ...config.value } as Parameters }
}
