import { Bytes } from "../contract/json.js"
import { CONFIG } from "../contract/messages.js"
import { Cadence, DEFAULT_CADENCE } from "../contract/reporting.js"
import { LESSON_RULE, Rule } from "../contract/rule.js"
import { decode } from "../contract/schema.js"

/** What `<id>/config` says: the rule and how to report. What it leaves out is as in the contract. */
export interface Parameters extends Rule, Cadence {}

export function defaultParameters(): Parameters {
    return { ...LESSON_RULE, ...DEFAULT_CADENCE }
}

/** The parameters, or why the message has none. An empty message, which clears a retained one, gives the defaults. */
export function readParameters(payload: Bytes): { parameters?: Parameters; problem?: string } {
    if (payload.length === 0) return { parameters: defaultParameters() }
    const config = decode(CONFIG, payload)
    if (config.problem) return { problem: config.problem }
    return { parameters: { ...defaultParameters(), ...config.value } as Parameters }
}
