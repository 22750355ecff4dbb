/**
 * A strict check of JSON text before `JSON.parse` sees it.
 *
 * The two parsers that meet on the wire do not agree: DeviceScript's accepts `01`, `0x10`, `1.` and raw control
 * characters, and recurses on the C stack, so that a few hundred opening brackets end a board. With this check in
 * front, both accept the same payloads and neither can be made to recurse.
 */

/** The largest payload that is read, in bytes. */
export const MAX_PAYLOAD = 1024

/** How deep arrays and objects may nest: our messages are flat, room for foreign fields is left. */
export const MAX_DEPTH = 8

/** What both Node's and DeviceScript's `Buffer` are: bytes, by index, that may be read as text. */
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

/** What may come next: the scanner's whole state, beside the stack of open brackets. */
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

/** The index after the string that opens at `start`, or -1: RFC 8259, section 7. */
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
        // one of " \ / b f n r t, or u and four hexadecimal digits
        if (escape === 117) {
            for (let k = 0; k < 4; k++) {
                if (!isHex(text[i])) return -1
                i++
            }
            // surrogates are refused: DeviceScript's parser takes pairs only, Node's takes halves too
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

/** The index after the number that begins at `start`, or -1: RFC 8259, section 6. */
function afterNumber(text: Bytes, start: number): number {
    let i = start
    if (text[i] === MINUS) i++
    if (!isDigit(text[i])) return -1
    i = text[i] === ZERO ? i + 1 : afterDigits(text, i)
    if (text[i] === DOT) {
        if (!isDigit(text[i + 1])) return -1
        i = afterDigits(text, i + 1)
    }
    // e or E
    if (text[i] === 101 || text[i] === 69) {
        i++
        if (text[i] === MINUS || text[i] === 43) i++
        if (!isDigit(text[i])) return -1
        i = afterDigits(text, i)
    }
    return i
}

function afterWord(text: Bytes, start: number, word: string): number {
    for (let k = 0; k < word.length; k++) if (text[start + k] !== word.charCodeAt(k)) return -1
    return start + word.length
}

/** The index after the string, number or word that begins at `i`, or -1. */
function afterScalar(text: Bytes, i: number): number {
    const c = text[i]
    if (c === QUOTE) return afterString(text, i)
    if (c === MINUS || isDigit(c)) return afterNumber(text, i)
    if (c === 116) return afterWord(text, i, "true")
    if (c === 102) return afterWord(text, i, "false")
    if (c === 110) return afterWord(text, i, "null")
    return -1
}

/**
 * Says why `text` is not one JSON object that both sides read alike, in half a sentence; "" when it is.
 * Never throws, never recurses, never reads past `MAX_PAYLOAD` bytes.
 */
export function jsonProblem(text: Bytes): string {
    if (text.length === 0) return "the payload is empty"
    if (text.length > MAX_PAYLOAD) return `the payload has ${text.length} bytes, at most ${MAX_PAYLOAD} are read`
    let expect = Expect.Value
    // one bit a level, 1 for an object: MAX_DEPTH is well below 31
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
