/** Builds and parses the MQTT topics of devices. A device topic is `<id>/<channel>`. */

/** First level of default device ids, such as `nightlight/3f9a21`. */
export const DEFAULT_PREFIX = "nightlight"

/** Longest device id, in bytes. The limit keeps topics small enough for a board's memory. */
export const MAX_ID_LENGTH = 96

/** Last level of a device topic: the kind of message. */
export type Channel = "telemetry" | "commands" | "replies" | "status" | "config" | "set" | "decision" | "update"

/** Returns the topic of a device's channel: `<id>/<channel>`. */
export function topicOf(id: string, channel: Channel): string {
    return id + "/" + channel
}

/** A device topic, split into device id and channel. */
export interface DeviceTopic {
    readonly id: string
    readonly channel: Channel
}

/**
 * Parses `<id>/<channel>`. Returns undefined for an unknown channel or an invalid id.
 * The id itself may contain slashes.
 */
export function parseTopic(topic: string): DeviceTopic | undefined {
    const slash = topic.lastIndexOf("/")
    if (slash < 1) return undefined
    const id = topic.slice(0, slash)
    const channel = topic.slice(slash + 1)
    if (
        channel !== "telemetry" &&
        channel !== "commands" &&
        channel !== "replies" &&
        channel !== "status" &&
        channel !== "config" &&
        channel !== "set" &&
        channel !== "decision" &&
        channel !== "update"
    )
        return undefined
    return idProblem(id) ? undefined : { id, channel }
}

/** Validates a device id. Returns what is wrong with it, or "" if it is valid. */
export function idProblem(id: string): string {
    if (!id) return "an id cannot be empty"
    if (id.length > MAX_ID_LENGTH) return `an id has at most ${MAX_ID_LENGTH} characters`
    // Section 4.7.2 of MQTT 3.1.1: topics that begin with $ are reserved for the broker.
    if (id.charCodeAt(0) === 36) return "an id cannot begin with $"
    for (let i = 0; i < id.length; i++) {
        const c = id.charCodeAt(i)
        // [MQTT-3.3.2-2]: topic names cannot contain wildcards.
        if (c === 35 || c === 43) return "an id cannot contain # or +"
        if (c < 32 || c > 126) return "an id is made of printable ASCII characters"
    }
    return ""
}

/**
 * Returns the topic on which a device's server publishes whether it is online: `<prefix>/status`.
 * The prefix is the part of the id before its last slash, or `nightlight` if the id has no slash.
 */
export function serverStatusTopic(id: string): string {
    // DeviceScript's `split` would take 400 bytes of a board's program memory.
    const slash = id.lastIndexOf("/")
    return (slash > 0 ? id.slice(0, slash) : DEFAULT_PREFIX) + "/status"
}
