/** Schema library: derives a message's type, validation, decoder and encoder from a table of its fields. */

import { Bytes, jsonProblem } from "./json.js"

/** The largest 32-bit signed integer, 2^31 - 1: the limit of sequence numbers and similar fields. */
export const MAX_INTEGER = 0x7fffffff

/** Definition of one message field: its type, and which values are valid. */
export interface Field {
    readonly type: "boolean" | "integer" | "number" | "string"
    /** Whether a message without this field is invalid. */
    readonly required?: boolean
    /** Smallest valid value of a number field; ignored unless `maximum` is set, too. */
    readonly minimum?: number
    /** Largest valid value of a number field; ignored unless `minimum` is set, too. */
    readonly maximum?: number
    /** Longest valid value of a string field, in characters. */
    readonly maxLength?: number
    /** The valid values of a string field; undefined if every string is valid. */
    readonly values?: readonly string[]
}

/** The fields of a message by name. Decoders ignore unknown fields. */
export interface Fields {
    readonly [name: string]: Field
}

type FieldValue<F extends Field> = F extends { values: readonly (infer V)[] }
    ? V
    : F["type"] extends "boolean"
      ? boolean
      : F["type"] extends "string"
        ? string
        : number

type RequiredNames<F extends Fields> = { [K in keyof F]: F[K] extends { required: true } ? K : never }[keyof F]

/** The type of the message that `F` describes. */
export type Message<F extends Fields> = { [K in RequiredNames<F>]: FieldValue<F[K]> } & {
    [K in Exclude<keyof F, RequiredNames<F>>]?: FieldValue<F[K]>
}

/** Result of decoding. Exactly one field is set: the message, or what is wrong with the payload. */
export interface DecodeResult<T> {
    readonly value?: T
    readonly problem?: string
}

function fieldProblem(name: string, field: Field, value: any): string {
    const integer = field.type === "integer"
    const bounded = field.minimum !== undefined && field.maximum !== undefined
    let fits = typeof value === (integer ? "number" : field.type)
    // NaN fails the comparison with `minimum`, because every comparison with NaN is false.
    if (bounded) fits = fits && value >= field.minimum && value <= field.maximum
    if (!fits || (integer && Math.floor(value) !== value)) {
        const range = bounded ? ` from ${field.minimum} to ${field.maximum}` : ""
        return `"${name}" must be ${integer ? "an integer" : `a ${field.type}`}${range}`
    }
    if (field.maxLength !== undefined && value.length > field.maxLength)
        return `"${name}" has ${value.length} characters, at most ${field.maxLength} are allowed`
    if (field.values && field.values.indexOf(value) < 0) return `"${name}" must be one of ${field.values.join(", ")}`
    return ""
}

/** Validates an object against a message's fields. Returns what is wrong with it, or "" if it is valid. Never throws. */
export function messageProblem(fields: Fields, value: any): string {
    return pickFields(fields, value, {})
}

/**
 * Validates `value` and copies its known fields to `message`, in the order of `fields`. Stops at the first invalid field.
 * Returns what is wrong, or "" if all fields are valid.
 */
function pickFields(fields: Fields, value: any, message: any): string {
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

/** Decodes and validates a JSON payload. Never throws; an invalid payload returns a `problem`. */
export function decode<F extends Fields>(fields: F, payload: Bytes): DecodeResult<Message<F>> {
    let problem = jsonProblem(payload)
    if (problem) return { problem }
    try {
        const value: any = {}
        problem = pickFields(fields, JSON.parse(payload.toString("utf-8")), value)
        return problem ? { problem } : { value }
    } catch (e) {
        return { problem: "not JSON" }
    }
}

/**
 * Encodes a message as JSON, with its fields in the order of `fields`. Omits undefined fields.
 * @throws RangeError if the message does not match `fields`
 */
export function encode<F extends Fields>(fields: F, message: Message<F>): string {
    const picked: any = {}
    const problem = pickFields(fields, message, picked)
    if (problem) throw new RangeError(problem)
    return JSON.stringify(picked)
}
