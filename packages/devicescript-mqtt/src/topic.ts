/** Validates and matches topic names and topic filters, section 4.7. */

import { MAX_UINT16 } from "./packet.js"
import { hasNull } from "./utf8.js"

function textProblem(what: string, text: string): string {
    // A topic has at least one character [MQTT-4.7.3-1].
    if (!text) return `${what} cannot be empty`
    // The two-byte length field limits a topic [MQTT-4.7.3-3].
    if (Buffer.from(text).length > MAX_UINT16) return `${what} has at most 65535 bytes`
    // Topics contain no null character [MQTT-4.7.3-2].
    return hasNull(text) ? `${what} cannot contain U+0000` : ""
}

/** Splits a topic or filter into its levels at "/". Avoids `split`, which takes many instructions for each character. */
export function levelsOf(text: string): string[] {
    const levels: string[] = []
    let start = 0
    for (;;) {
        const slash = text.indexOf("/", start)
        if (slash < 0) break
        levels.push(text.slice(start, slash))
        start = slash + 1
    }
    levels.push(text.slice(start))
    return levels
}

/** Returns whether a text contains a wildcard. */
export function hasWildcard(text: string): boolean {
    return text.indexOf("#") >= 0 || text.indexOf("+") >= 0
}

/** Validates a topic to publish to. Returns what is wrong with it, or "" if it is valid. */
export function topicProblem(topic: string): string {
    // Topic names cannot contain wildcards [MQTT-3.3.2-2].
    if (hasWildcard(topic)) return "a topic to publish to cannot contain # or +"
    return textProblem("a topic", topic)
}

/** Validates a topic filter to subscribe to. Returns what is wrong with it, or "" if it is valid. */
export function filterProblem(filter: string): string {
    const levels = levelsOf(filter)
    for (let i = 0; i < levels.length; i++) {
        const level = levels[i]
        // The multi-level wildcard must be the whole last level [MQTT-4.7.1-2].
        if (level.indexOf("#") >= 0 && (level !== "#" || i < levels.length - 1))
            return "# must be the last level of a filter, alone"
        // The single-level wildcard must be a whole level [MQTT-4.7.1-3].
        if (level.indexOf("+") >= 0 && level !== "+") return "+ must be a whole level of a filter"
    }
    return textProblem("a filter", filter)
}

/**
 * Returns whether a topic filter matches a topic, section 4.7. The duration depends on the levels of the filter, which
 * the program chooses, and not on those of the topic, which may be thousands.
 * @param filter the levels of a valid topic filter
 */
export function topicMatches(filter: string[], topic: string): boolean {
    // [MQTT-4.7.2-1]: a filter that starts with a wildcard does not match topics that start with $.
    if (topic[0] === "$" && (filter[0] === "#" || filter[0] === "+")) return false
    /** Index at which the next level of the topic starts; -1 after the last level. */
    let start = 0
    for (const level of filter) {
        if (level === "#") return true
        if (start < 0) return false
        const slash = topic.indexOf("/", start)
        const end = slash < 0 ? topic.length : slash
        if (level !== "+" && topic.slice(start, end) !== level) return false
        start = slash < 0 ? -1 : slash + 1
    }
    return start < 0
}
