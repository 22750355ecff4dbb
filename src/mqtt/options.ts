/** How a client is set up. */

import { Connect } from "./encode.js"
import { MAX_REMAINING_LENGTH, MAX_UINT16, QoS } from "./packet.js"
import { topicProblem } from "./topic.js"

export interface MqttOptions {
    /** Names the session on the broker: no two clients may share it. May be empty with `cleanSession` alone. */
    clientId: string
    username?: string
    /** Is sent with a `username` alone, [MQTT-3.1.2-22]. */
    password?: string
    /** The longest silence in seconds, 0 to 65,535, default 15; with 0 a dead connection is never noticed. */
    keepAlive?: number
    /** Whether the broker forgets subscriptions and queued messages when the connection ends; default false. */
    cleanSession?: boolean
    /**
     * What to do when the broker has no session of ours: it may have forgotten everybody's, and acknowledges what
     * nobody gets. With true, publications of QoS 1 and 2 that are not retained wait for `release()`; default false.
     */
    holdNewSession?: boolean
    /** What the broker publishes when the connection ends without `stop()`. */
    will?: { topic: string; payload: string; qos: QoS; retain: boolean }
    /** The largest packet held or published, in bytes without its fixed header, 128 or more; default 2,048. TLS takes less than 4,096. */
    maxPacket?: number
    /** How many publications of QoS 1 and 2 may be under way, 1 to 1,000; default 8. */
    maxInflight?: number
    /** The longest time to open a connection, and again to get CONNACK, in ms; default 6,000. */
    connectTimeout?: number
    /** The wait before another attempt, in ms, give or take a half; default 1,000. */
    minBackoff?: number
    /** The longest wait before another attempt, in ms; default 30,000. */
    maxBackoff?: number
}

/** The options with every default filled in. */
export interface Settings {
    readonly connect: Connect
    readonly holdNewSession: boolean
    readonly maxPacket: number
    readonly maxInflight: number
    readonly connectTimeout: number
    readonly minBackoff: number
    readonly maxBackoff: number
}

function inRange(name: string, value: number | undefined, fallback: number, least: number, most: number): number {
    if (value === undefined) return fallback
    if (value >= least && value <= most && Math.floor(value) === value) return value
    throw new RangeError(`${name} must be an integer from ${least} to ${most}`)
}

function checkLength(name: string, text: string | undefined): void {
    if (text !== undefined && Buffer.from(text).length > MAX_UINT16)
        throw new RangeError(`${name} has at most 65535 bytes`)
}

/**
 * Checks the options and fills in the defaults.
 * @throws RangeError that says which option is wrong, and what it must be
 */
export function settingsOf(options: MqttOptions): Settings {
    const cleanSession = options.cleanSession === true
    const will = options.will
    // [MQTT-3.1.3-8]
    if (!options.clientId && !cleanSession) throw new RangeError("clientId must not be empty without cleanSession")
    checkLength("clientId", options.clientId)
    checkLength("username", options.username)
    checkLength("password", options.password)
    if (will) {
        checkLength("will.payload", will.payload)
        const problem = topicProblem(will.topic)
        if (problem) throw new RangeError(`will.topic: ${problem}`)
    }
    const minBackoff = inRange("minBackoff", options.minBackoff, 1000, 1, 86400000)
    return {
        connect: {
            clientId: options.clientId,
            username: options.username,
            password: options.password,
            keepAlive: inRange("keepAlive", options.keepAlive, 15, 0, MAX_UINT16),
            cleanSession,
            will,
        },
        holdNewSession: options.holdNewSession === true,
        maxPacket: inRange("maxPacket", options.maxPacket, 2048, 128, MAX_REMAINING_LENGTH),
        maxInflight: inRange("maxInflight", options.maxInflight, 8, 1, 1000),
        connectTimeout: inRange("connectTimeout", options.connectTimeout, 6000, 1, 86400000),
        minBackoff,
        maxBackoff: Math.max(minBackoff, inRange("maxBackoff", options.maxBackoff, 30000, 1, 86400000)),
    }
}
