/** Decodes messages on `<id>/commands`: a lamp state or an action. */

import { Bytes } from "./json.js"
import { ActionCommand, ACTION_COMMAND, LampCommand, LAMP_COMMAND } from "./messages.js"
import { decode } from "./schema.js"

/** A decoded command. Exactly one field is set: `lamp`, `action`, or `problem` when the payload is invalid. */
export interface Command {
    readonly lamp?: LampCommand
    readonly action?: ActionCommand
    readonly problem?: string
}

/** Decodes a payload received on `<id>/commands`. Never throws; an invalid payload returns a `problem`. */
export function decodeCommand(payload: Bytes): Command {
    const lamp = decode(LAMP_COMMAND, payload)
    if (!lamp.problem) return { lamp: lamp.value }
    const action = decode(ACTION_COMMAND, payload)
    if (!action.problem) return { action: action.value }
    // A payload without `action` was probably meant as a lamp command, so report why the lamp command is invalid.
    return { problem: action.problem === `"action" is missing` ? lamp.problem : action.problem }
}
