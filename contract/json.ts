/**
 * Strict JSON validator that runs before `JSON.parse`, so that firmware and server accept the same payloads.
 *
 * DeviceScript's `JSON.parse` accepts invalid JSON such as `01`, `0x10`, `1.` and raw control characters. Its recursion
 * also uses the C stack: a few hundred opening brackets crash a board. This validator rejects both.
 */

/** Largest accepted payload, in bytes. A larger payload is invalid. */
export const MAX_PAYLOAD = 1024

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
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

function isDigit(c: number): boolean {
    return c >= ZERO && c <= 57
}

function isHex(c: number): boolean {
    return isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102)
}

function isSpace(c: number): boolean {
    return c === 32 || c === 10 || c === 13 || c === 9
}

/** Returns the index after the string whose opening quote is at `start`, or -1 if it is invalid (RFC 8259, section 7). */
function afterString(text: Bytes, start: number): number {
    let i = start + 1
    while (i < text.length) {
        const c = text[i]
        if (c === QUOTE) return i + 1
        if (c < 32) return -1
        i++
        if (c !== BACKSLASH) continue
        const escape = text[i]
        i++
        // Valid escapes: " \ / b f n r t, or u and four hexadecimal digits.
        if (escape === 117) {
            for (let k = 0; k < 4; k++) {
                if (!isHex(text[i])) return -1
                i++
            }
            // Reject surrogates: DeviceScript's parser accepts only pairs, Node's also accepts lone ones.
            if ((text[i - 4] === 68 || text[i - 4] === 100) && text[i - 3] >= 56) return -1
        } else if (
            escape !== QUOTE &&
            escape !== BACKSLASH &&
            escape !== 47 &&
            escape !== 98 &&
            escape !== 102 &&
            escape !== 110 &&
            escape !== 114 &&
            escape !== 116
        ) {
            return -1
        }
    }
    return -1
}

function afterDigits(text: Bytes, start: number): number {
    let i = start
    while (isDigit(text[i])) i++
    return i
}

/** Returns the index after the number that starts at `start`, or -1 if it is invalid (RFC 8259, section 6). */
function afterNumber(text: Bytes, start: number): number {
    let i = start
    if (text[i] === MINUS) i++
    if (!isDigit(text[i])) return -1
    i = text[i] === ZERO ? i + 1 : afterDigits(text, i)
    if (text[i] === DOT) {
        if (!isDigit(text[i + 1])) return -1
        i = afterDigits(text, i + 1)
    }
    // An exponent starts with e (101) or E (69).
    if (text[i] === 101 || text[i] === 69) {
        i++
        if (text[i] === MINUS || text[i] === 43) i++
        if (!isDigit(text[i])) return -1
        i = afterDigits(text, i)
    }
    return i
}

function afterLiteral(text: Bytes, start: number, literal: string): number {
    for (let k = 0; k < literal.length; k++) if (text[start + k] !== literal.charCodeAt(k)) return -1
    return start + literal.length
}

/** Returns the index after the string, number, boolean or null that starts at `i`, or -1 if it is invalid. */
function afterScalar(text: Bytes, i: number): number {
    const c = text[i]
    if (c === QUOTE) return afterString(text, i)
    if (c === MINUS || isDigit(c)) return afterNumber(text, i)
    if (c === 116) return afterLiteral(text, i, "true")
    if (c === 102) return afterLiteral(text, i, "false")
    if (c === 110) return afterLiteral(text, i, "null")
    return -1
}

/**
 * Validates that `text` is a single JSON object. Returns what is wrong with it, or "" if it is valid.
 * Never throws or recurses. Reads at most `MAX_PAYLOAD` bytes.
 */
export function jsonProblem(text: Bytes): string {
    if (text.length === 0) return "the payload is empty"
    if (text.length > MAX_PAYLOAD) return `the payload has ${text.length} bytes, at most ${MAX_PAYLOAD} are read`
    let expect = Expect.Value
    // Stack of open brackets as a bit field: 1 is an object, 0 an array. An integer holds 31 levels.
    let objects = 0
    let depth = 0
    let i = 0
    while (i < text.length) {
        const c = text[i]
        if (isSpace(c)) {
            i++
            continue
        }
        if (depth === 0 && expect === Expect.Value && c !== OPEN_BRACE) return "the payload is not a JSON object"
        let next = -1
        if (expect === Expect.Value || expect === Expect.ValueOrEnd) {
            if (c === OPEN_BRACE || c === OPEN_BRACKET) {
                if (depth === MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} at byte ${i}`
                depth++
                objects = (objects << 1) | (c === OPEN_BRACE ? 1 : 0)
                expect = c === OPEN_BRACE ? Expect.KeyOrEnd : Expect.ValueOrEnd
                i++
                continue
            }
            if (c === CLOSE_BRACKET && expect === Expect.ValueOrEnd) next = i + 1
            else next = afterScalar(text, i)
            if (c === CLOSE_BRACKET && next > 0) {
                depth--
                objects = objects >> 1
            }
            expect = Expect.CommaOrEnd
        } else if (expect === Expect.Key || expect === Expect.KeyOrEnd) {
            if (c === CLOSE_BRACE && expect === Expect.KeyOrEnd) {
                next = i + 1
                depth--
                objects = objects >> 1
                expect = Expect.CommaOrEnd
            } else {
                if (c === QUOTE) next = afterString(text, i)
                expect = Expect.Colon
            }
        } else if (expect === Expect.Colon) {
            if (c === COLON) next = i + 1
            expect = Expect.Value
        } else if (expect === Expect.CommaOrEnd) {
            const inObject = (objects & 1) === 1
            if (c === COMMA) {
                next = i + 1
                expect = inObject ? Expect.Key : Expect.Value
            } else if (c === (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
                next = i + 1
                depth--
                objects = objects >> 1
            }
        }
        if (next < 0) return `not JSON at byte ${i}`
        if (depth === 0) expect = Expect.Nothing
        i = next
    }
    return expect === Expect.Nothing ? "" : "the JSON text ends too early"
}
