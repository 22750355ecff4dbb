/** Validates UTF-8 strings in MQTT packets, section 1.5.3. */

/** Character that replaces invalid bytes when they are decoded. */
const REPLACEMENT = "\ufffd"

/** Number of bytes that are compared at once. */
const BLOCK = 64

/** Returns whether a text contains U+0000, which [MQTT-1.5.3-2] forbids. */
export function hasNull(text: string): boolean {
    return text.indexOf("\0") >= 0
}

/**
 * Returns whether bytes are valid UTF-8, [MQTT-1.5.3-1]. The runtime does the work, because a loop over the bytes of a
 * topic would execute more instructions than the VM allows.
 * @param text the decoded bytes
 */
export function isUtf8(bytes: Buffer, text: string): boolean {
    if (text.indexOf(REPLACEMENT) < 0) return true
    const encoded = Buffer.from(text)
    if (encoded.length !== bytes.length) return false
    for (let i = 0; i < bytes.length; i += BLOCK)
        if (encoded.slice(i, i + BLOCK).toString("hex") !== bytes.slice(i, i + BLOCK).toString("hex")) return false
    return true
}
