/**
 * Strict JSON validator that runs before `JSON.parse`, so that firmware and server accept the same payloads.
 *
 * DeviceScript's `JSON.parse` accepts invalid JSON such as `01`, `0x10`, `1.` and raw control characters. Its recursion
 * also uses the C stack: a few hundred opening brackets crash a board. This validator rejects both.
 */

/** Largest accepted payload, in bytes. A larger payload is invalid. */
export const MAX_PAYLOAD_SIZE = 1024

/** Deepest accepted nesting of arrays and objects. Our messages are flat; unknown fields may nest. */
export const MAX_DEPTH = 8

/** The part of `Buffer` that Node and DeviceScript have in common. */
export interface Bytes {
    readonly length: number
    readonly [index: number]: number
    toString(encoding: "utf-8"): string
}

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const DOT = 46
const ZERO = 48
const COLON = 58
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** States of the validator's state machine: the token that it expects next. */
const enum Expect {
    Value,
    Key,
    Colon,
    CommaOrEnd,
    Nothing,
}

function isDigit(c: number): boolean {
    return c >= ZERO && c <= 57
}

/**
 * Returns whether `chars` contains the character with the code `c`, 0 to 255. Returns false at the end of the text,
 * where `c` is undefined.
 */
function isOneOf(chars: string, c: number): boolean {
    return c > 0 && chars.indexOf(String.fromCharCode(c)) >= 0
}

/** Returns the index after the string whose opening quote is at `start`, or -1 if it is invalid (RFC 8259, section 7). */
function endOfString(text: Bytes, start: number): number {
    let i = start + 1
    while (i < text.length) {
        const c = text[i]
        if (c === QUOTE) return i + 1
        if (c < 32) return -1
        i++
        if (c !== BACKSLASH) continue
        const escape = text[i]
        i++
        if (escape === 117) {
            // After \u, four hexadecimal digits must follow.
            for (let k = 0; k < 4; k++) {
                if (!isOneOf("0123456789abcdefABCDEF", text[i])) return -1
                i++
            }
            // Reject surrogates: DeviceScript's parser accepts only pairs, Node's also accepts lone ones.
            if (isOneOf("dD", text[i - 4]) && text[i - 3] >= 56) return -1
        } else if (!isOneOf('"\\/bfnrt', escape)) return -1
    }
    return -1
}

function endOfDigits(text: Bytes, start: number): number {
    let i = start
    while (isDigit(text[i])) i++
    return i
}

/** Returns the index after the number that starts at `start`, or -1 if it is invalid (RFC 8259, section 6). */
function endOfNumber(text: Bytes, start: number): number {
    let i = start
    if (text[i] === MINUS) i++
    if (!isDigit(text[i])) return -1
    i = text[i] === ZERO ? i + 1 : endOfDigits(text, i)
    if (text[i] === DOT) {
        if (!isDigit(text[i + 1])) return -1
        i = endOfDigits(text, i + 1)
    }
    if (isOneOf("eE", text[i])) {
        i++
        if (isOneOf("+-", text[i])) i++
        if (!isDigit(text[i])) return -1
        i = endOfDigits(text, i)
    }
    return i
}

/** Returns the index after the string, number, boolean or null that starts at `start`, or -1 if it is invalid. */
function endOfScalar(text: Bytes, start: number): number {
    const c = text[start]
    if (c === QUOTE) return endOfString(text, start)
    if (c === MINUS || isDigit(c)) return endOfNumber(text, start)
    for (const literal of ["true", "false", "null"]) {
        let k = 0
        while (k < literal.length && text[start + k] === literal.charCodeAt(k)) k++
        if (k === literal.length) return start + k
    }
    return -1
}

/**
 * Validates that `text` is a single JSON object. Returns what is wrong with it, or "" if it is valid.
 * Never throws or recurses. Reads at most `MAX_PAYLOAD_SIZE` bytes.
 */
export function jsonProblem(text: Bytes): string {
    if (text.length === 0) return "the payload is empty"
    if (text.length > MAX_PAYLOAD_SIZE)
        return `the payload has ${text.length} bytes, at most ${MAX_PAYLOAD_SIZE} are read`
    let expect = Expect.Value
    // Stack of open brackets as a bit field: 1 is an object, 0 an array. An integer holds 31 levels.
    let objects = 0
    let depth = 0
    // Whether the innermost object or array is still empty, so that it may end where a key or value is expected.
    let empty = false
    let next: number
    for (let i = 0; i < text.length; i = next) {
        const c = text[i]
        next = i + 1
        if (c <= 32 && isOneOf(" \n\r\t", c)) continue
        const isInObject = (objects & 1) === 1
        if (depth === 0 && expect === Expect.Value && c !== OPEN_BRACE) return "the payload is not a JSON object"
        if (expect === Expect.Value && (c === OPEN_BRACE || c === OPEN_BRACKET)) {
            if (depth === MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} at byte ${i}`
            depth++
            objects = objects * 2 + (c === OPEN_BRACE ? 1 : 0)
            expect = c === OPEN_BRACE ? Expect.Key : Expect.Value
            empty = true
            continue
        }
        if ((empty || expect === Expect.CommaOrEnd) && c === (isInObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
            depth--
            objects = objects >> 1
            expect = depth === 0 ? Expect.Nothing : Expect.CommaOrEnd
        } else if (expect === Expect.Value) {
            next = endOfScalar(text, i)
            expect = Expect.CommaOrEnd
        } else if (expect === Expect.Key && c === QUOTE) {
            next = endOfString(text, i)
            expect = Expect.Colon
        } else if (expect === Expect.Colon && c === COLON) expect = Expect.Value
        else if (expect === Expect.CommaOrEnd && c === COMMA) expect = isInObject ? Expect.Key : Expect.Value
        else next = -1
        empty = false
        if (next < 0) return `not JSON at byte ${i}`
    }
    return expect === Expect.Nothing ? "" : "the JSON text ends too early"
}
