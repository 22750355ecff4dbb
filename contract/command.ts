/** What arrives on `<id>/commands`: a lamp's state, or an action. */

import { Bytes } from "./json.js"
import { ActionCommand, ACTION_COMMAND, LampCommand, LAMP_COMMAND } from "./messages.js"
import { decode } from "./schema.js"

/** A command: exactly one of `lamp` and `action`, or the reason why it is neither. */
export interface Command {
    readonly lamp?: LampCommand
    readonly action?: ActionCommand
    readonly problem?: string
}

/** Reads a payload of `<id>/commands`. Never throws. */
export function decodeCommand(payload: Bytes): Command {
    const lamp = decode(LAMP_COMMAND, payload)
    if (!lamp.problem) return { lamp: lamp.value }
    const action = decode(ACTION_COMMAND, payload)
    if (!action.problem) return { action: action.value }
    // the reason is of the kind of command that was meant; the lesson's, where that cannot be told
    return { problem: action.problem === `"action" is missing` ? lamp.problem : action.problem }
}
