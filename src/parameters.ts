import { readSetting, writeSetting } from "./flash.js"
import { Bytes } from "../contract/json.js"
import { CONFIG } from "../contract/messages.js"
import { Cadence, DEFAULT_CADENCE } from "../contract/reporting.js"
import { LESSON_RULE, Rule } from "../contract/rule.js"
import { decode } from "../contract/schema.js"
import { warnInvalidSetting } from "./settings.js"

/** Rule and reporting parameters of a board, from `<id>/config` and defaults. */
export interface Parameters extends Rule, Cadence {
    /** Which readings the board stores while offline: all, or only the latest. */
    readonly offline: "keep" | "latest"
    /** Time without a server after which the board decides by itself, in ms. */
    readonly alone_after: number
    /** Actions up to this `seq` have expired; the board does not perform them. */
    readonly expired: number
    /** The `revision` of the `<id>/config` message; undefined for the defaults. */
    readonly revision?: number
}

/** Flash setting that stores the rule across restarts, for a board that starts without a server. */
const RULE_SETTING = "NL_RULE"

export function defaultParameters(): Parameters {
    return { ...LESSON_RULE, ...DEFAULT_CADENCE, offline: "keep", alone_after: 10000, expired: 0 }
}

/**
 * Returns the text that flash stores: the parameters that a board without a server needs. Equal rules give equal texts.
 */
export function serializeRule(p: Parameters): string {
    const { threshold, hysteresis, min_on, min_off, alone_after } = p
    return JSON.stringify({ threshold, hysteresis, min_on, min_off, alone_after })
}

/** The rule in flash, as `serializeRule` returns it. */
let storedRule = serializeRule(defaultParameters())

/** Loads the rule parameters stored by `saveParameters`; returns the defaults if none are stored. */
export async function loadParameters(): Promise<Parameters> {
    const stored = await readSetting(RULE_SETTING, undefined)
    if (stored === undefined) return defaultParameters()
    const { parameters, problem } = decodeParameters(Buffer.from("" + stored))
    if (problem) {
        warnInvalidSetting(RULE_SETTING, problem, "the default rule")
        return defaultParameters()
    }
    storedRule = serializeRule(parameters)
    return parameters
}

/**
 * Stores the rule parameters in flash for the next start. Writes only changes, because flash wears out, and because a
 * power cut during a write can erase all settings. For the same reasons, call this function only if the rule did not
 * change lately.
 */
export async function saveParameters(parameters: Parameters) {
    const rule = serializeRule(parameters)
    if (rule === storedRule) return
    storedRule = rule
    await writeSetting(RULE_SETTING, rule)
}

/** Decodes a `<id>/config` payload. Returns the defaults for an empty payload, which deletes the retained message. */
export function decodeParameters(payload: Bytes): { parameters?: Parameters; problem?: string } {
    if (payload.length === 0) return { parameters: defaultParameters() }
    const config = decode(CONFIG, payload)
    if (config.problem) return { problem: config.problem }
    return { parameters: { ...defaultParameters(), ...config.value } as Parameters }
}
