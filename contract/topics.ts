/** Topics: built and taken apart here, and nowhere else. */

/** The prefix of every id that a user did not choose. */
export const DEFAULT_PREFIX = "nightlight"

/** The longest id, in bytes: with the longest channel it stays far below MQTT's 65,535 and fits a board's memory. */
export const MAX_ID = 96

/** What follows the id in a topic. */
export type Channel = "telemetry" | "commands" | "replies" | "status" | "config" | "set" | "decision"

/** The topic of a device's channel: `<id>/<channel>`. */
export function topicOf(id: string, channel: Channel): string {
    return id + "/" + channel
}

/** A device's id and one of its channels. */
export interface DeviceTopic {
    readonly id: string
    readonly channel: Channel
}

/**
 * Takes `<id>/<channel>` apart. Gives undefined for any other topic, and for an id that `idProblem` refuses.
 * The id may have levels of its own, as the default one does.
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
        channel !== "decision"
    )
        return undefined
    return idProblem(id) ? undefined : { id, channel }
}

/** Says why `id` cannot name a device, in half a sentence; "" when it can. */
export function idProblem(id: string): string {
    if (!id) return "an id cannot be empty"
    if (id.length > MAX_ID) return `an id has at most ${MAX_ID} characters`
    // [MQTT-4.7.2-1]: topics that begin with $ are the broker's own
    if (id.charCodeAt(0) === 36) return "an id cannot begin with $"
    for (let i = 0; i < id.length; i++) {
        const c = id.charCodeAt(i)
        // [MQTT-3.3.2-2]: no wildcards in a topic name
        if (c === 35 || c === 43) return "an id cannot contain # or +"
        if (c < 32 || c > 126) return "an id is made of printable ASCII characters"
    }
    return ""
}

/**
 * Where the server of this device says whether it is there: `<prefix>/status`, the prefix being what stands before
 * the last `/` of the id; for an id without one, the default prefix.
 */
export function serverStatusTopic(id: string): string {
    const slash = id.lastIndexOf("/")
    return (slash > 0 ? id.slice(0, slash) : DEFAULT_PREFIX) + "/status"
}
