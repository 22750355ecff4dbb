/** Validates and matches topic names and topic filters, section 4.7. */

import { MAX_UINT16 } from "./packet.js"
import { isText } from "./utf8.js"

const HASH = 35
const DOLLAR = 36
const PLUS = 43

function textProblem(what: string, text: string): string {
    const bytes = Buffer.from(text)
    // A topic has at least one character [MQTT-4.7.3-1].
    if (bytes.length === 0) return `${what} cannot be empty`
    // The two-byte length field limits a topic [MQTT-4.7.3-3].
    if (bytes.length > MAX_UINT16) return `${what} has at most 65535 bytes`
    // Topics contain no null character [MQTT-4.7.3-2].
    if (!isText(bytes, 0, bytes.length)) return `${what} cannot contain U+0000`
    return ""
}

/** Validates a topic to publish to. Returns what is wrong with it, or "" if it is valid. */
export function topicProblem(topic: string): string {
    // Topic names cannot contain wildcards [MQTT-3.3.2-2].
    if (topic.indexOf("#") >= 0 || topic.indexOf("+") >= 0) return "a topic to publish to cannot contain # or +"
    return textProblem("a topic", topic)
}

/** Validates a topic filter to subscribe to. Returns what is wrong with it, or "" if it is valid. */
export function filterProblem(filter: string): string {
    const levels = filter.split("/")
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

/** Returns whether a valid topic filter matches a topic. Both are split into their levels at "/". */
export function levelsMatch(filter: string[], topic: string[]): boolean {
    const length = filter.length
    // [MQTT-4.7.2-1]: a filter that starts with a wildcard does not match topics that start with $.
    if (topic[0].charCodeAt(0) === DOLLAR) {
        const first = filter[0].charCodeAt(0)
        if (first === HASH || first === PLUS) return false
    }
    for (let i = 0; i < length; i++) {
        const level = filter[i]
        if (level === "#") return true
        if (i >= topic.length || (level !== "+" && level !== topic[i])) return false
    }
    return topic.length === length
}

/** Returns whether a topic filter matches a topic, section 4.7. */
export function topicMatches(filter: string, topic: string): boolean {
    return levelsMatch(filter.split("/"), topic.split("/"))
}
