/** Options of the MQTT client, with validation and defaults. */

import { Connect } from "./encode.js"
import { MAX_UINT16, QoS } from "./packet.js"
import { topicProblem } from "./topic.js"

export interface MqttOptions {
    /** Client identifier; must be unique at the broker. May be empty only with `cleanSession`. */
    clientId: string
    username?: string
    /** Password; sent only with a `username` [MQTT-3.1.2-22]. */
    password?: string
    /** Keep-alive interval in seconds, 0 to 65,535; default 15. With 0, a dead connection is never detected. */
    keepAlive?: number
    /** Whether the broker deletes subscriptions and queued messages when the connection ends; default false. */
    cleanSession?: boolean
    /**
     * Whether publications wait for `release()` after the broker lost the session; default false. Such a broker may have
     * lost the receivers' subscriptions too, and acknowledges messages that nobody gets. Applies to QoS 1 and 2 without
     * retain.
     */
    holdNewSession?: boolean
    /** Message that the broker publishes if the connection ends without `stop()`. */
    will?: { topic: string; payload: string; qos: QoS; retain: boolean }
    /** Largest packet, in bytes without its fixed header, 128 to 8,192; default 2,048. TLS supports less than 4,096. */
    maxPacket?: number
    /** Largest number of unacknowledged publications of QoS 1 and 2, 1 to 64; default 8. */
    maxInflight?: number
    /** Timeout for opening a connection with its TLS handshake, in ms; default 20,000, after which a board gives up. */
    connectTimeout?: number
    /** Shortest delay before the next attempt to connect, in ms, with random jitter; default 1,000. See `Backoff`. */
    minBackoff?: number
    /** Longest delay before the next attempt to connect, in ms; default 30,000. */
    maxBackoff?: number
}

/** Validated options with defaults filled in. */
export interface ResolvedOptions {
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

/**
 * Validates options and fills in defaults. Does not check that texts have at most 65,535 bytes, because longer ones do not
 * fit into the memory of a board.
 * @throws RangeError if an option is invalid; the message names the option and its valid values
 */
export function resolveOptions(options: MqttOptions): ResolvedOptions {
    const cleanSession = options.cleanSession === true
    const will = options.will
    // Brokers reject an empty client identifier without a clean session [MQTT-3.1.3-8].
    if (!options.clientId && !cleanSession) throw new RangeError("clientId must not be empty without cleanSession")
    const problem = will ? topicProblem(will.topic) : ""
    if (problem) throw new RangeError(`will.topic: ${problem}`)
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
        maxPacket: inRange("maxPacket", options.maxPacket, 2048, 128, 8192),
        maxInflight: inRange("maxInflight", options.maxInflight, 8, 1, 64),
        connectTimeout: inRange("connectTimeout", options.connectTimeout, 20000, 1, 86400000),
        minBackoff,
        maxBackoff: Math.max(minBackoff, inRange("maxBackoff", options.maxBackoff, 30000, 1, 86400000)),
    }
}
