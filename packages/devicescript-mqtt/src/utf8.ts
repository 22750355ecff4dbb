/** Validates UTF-8 strings in MQTT packets, section 1.5.3. */

/** Returns whether `bytes` from `from` up to `to` are valid UTF-8 without U+0000, [MQTT-1.5.3-1] and [MQTT-1.5.3-2]. */
export function isText(bytes: Buffer, from: number, to: number): boolean {
    let i = from
    while (i < to) {
        const c = bytes[i++]
        if (c > 0 && c < 0x80) continue
        // The lead byte determines the number of continuation bytes and the valid range of the first one (RFC 3629, section 4).
        let more: number
        let low = 0x80
        let high = 0xbf
        if (c >= 0xc2 && c <= 0xdf) {
            more = 1
        } else if (c >= 0xe0 && c <= 0xef) {
            more = 2
            if (c === 0xe0) low = 0xa0
            if (c === 0xed) high = 0x9f
        } else if (c >= 0xf0 && c <= 0xf4) {
            more = 3
            if (c === 0xf0) low = 0x90
            if (c === 0xf4) high = 0x8f
        } else return false
        if (i + more > to || bytes[i] < low || bytes[i] > high) return false
        for (let k = 1; k < more; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return false
        i += more
    }
    return true
}
