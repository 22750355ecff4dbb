/** Messages described as data: from a table of fields come the type, the check, the decoder and the encoder. */

import { Bytes, jsonProblem } from "./json.js"

/** One field of a message. */
export interface Field {
    readonly type: "boolean" | "integer" | "number" | "string"
    /** A message without it is refused. */
    readonly required?: boolean
    /** The smallest number allowed. */
    readonly minimum?: number
    /** The largest number allowed. */
    readonly maximum?: number
    /** The longest string allowed, in characters. */
    readonly maxLength?: number
    /** The only strings allowed. */
    readonly values?: readonly string[]
}

/** The fields of a message by name. Other fields are allowed on the wire, and ignored. */
export interface Fields {
    readonly [name: string]: Field
}

type Value<F extends Field> = F extends { values: readonly (infer V)[] }
    ? V
    : F["type"] extends "boolean"
      ? boolean
      : F["type"] extends "string"
        ? string
        : number

type RequiredNames<F extends Fields> = { [K in keyof F]: F[K] extends { required: true } ? K : never }[keyof F]

/** The type of the message that `F` describes. */
export type Message<F extends Fields> = { [K in RequiredNames<F>]: Value<F[K]> } & {
    [K in Exclude<keyof F, RequiredNames<F>>]?: Value<F[K]>
}

/** A message, or the reason why there is none. Exactly one of the two is there. */
export interface Decoded<T> {
    readonly value?: T
    readonly problem?: string
}

function range(field: Field): string {
    if (field.minimum !== undefined && field.maximum !== undefined) return ` from ${field.minimum} to ${field.maximum}`
    if (field.minimum !== undefined) return ` of at least ${field.minimum}`
    return ""
}

function article(type: string): string {
    return type === "integer" ? "an integer" : `a ${type}`
}

function fieldProblem(name: string, field: Field, value: any): string {
    const kind = typeof value
    if (field.type === "boolean" || field.type === "string") {
        if (kind !== field.type) return `"${name}" must be ${article(field.type)}`
        if (field.maxLength !== undefined && value.length > field.maxLength)
            return `"${name}" has ${value.length} characters, at most ${field.maxLength} are allowed`
        if (field.values && field.values.indexOf(value) < 0)
            return `"${name}" must be one of ${field.values.join(", ")}`
        return ""
    }
    // comparisons with NaN are false, so that it is refused where a minimum is set
    const fits =
        kind === "number" &&
        (field.minimum === undefined || value >= field.minimum) &&
        (field.maximum === undefined || value <= field.maximum) &&
        (field.type === "number" || Math.floor(value) === value)
    return fits ? "" : `"${name}" must be ${article(field.type)}${range(field)}`
}

/** Says why `value` is not a message with these fields, in half a sentence; "" when it is. Never throws. */
export function messageProblem(fields: Fields, value: any): string {
    return pick(fields, value, {})
}

/** The same; the known fields of `value` alone go into `message`, in the order of the table, as far as they are right. */
function pick(fields: Fields, value: any, message: any): string {
    for (const name of Object.keys(fields)) {
        const field = fields[name]
        const given = value[name]
        if (given === undefined) {
            if (field.required) return `"${name}" is missing`
        } else {
            const problem = fieldProblem(name, field, given)
            if (problem) return problem
            message[name] = given
        }
    }
    return ""
}

/** Reads a payload. Any payload whatever gives a message or a problem; never throws. */
export function decode<F extends Fields>(fields: F, payload: Bytes): Decoded<Message<F>> {
    let problem = jsonProblem(payload)
    if (problem) return { problem }
    try {
        const value: any = {}
        problem = pick(fields, JSON.parse(payload.toString("utf-8")), value)
        return problem ? { problem } : { value }
    } catch (e) {
        return { problem: "not JSON" }
    }
}

/**
 * Writes a message, its fields in the order of the table, fields that are undefined left out.
 * @throws RangeError when the message breaks its own description: a mistake of the caller's.
 */
export function encode<F extends Fields>(fields: F, message: Message<F>): string {
    const picked: any = {}
    const problem = pick(fields, message, picked)
    if (problem) throw new RangeError(problem)
    return JSON.stringify(picked)
}
