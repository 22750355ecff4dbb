// Runs the contract on one input and returns the result as text. Compiled for Node and for DeviceScript.
import {
    CONFIG,
    decide,
    decode,
    decodeCommand,
    isReportDue,
    parseTopic,
    SERVER_STATUS,
    serverStatusTopic,
    STATUS,
    TELEMETRY,
} from "../../../contract/index.js"

// Formats a message without JSON.stringify(), because DeviceScript's simulator encodes non-ASCII characters incorrectly.
function formatMessage(message: any, problem: string | undefined): string {
    if (problem) return "! " + problem
    let text = ""
    for (const name of Object.keys(message)) text += name + "=" + message[name] + ";"
    return text
}

/** Decodes the payload as each kind of message. Returns a line per kind, because the board's log truncates long lines. */
export function evaluatePayload(payload: Buffer): string[] {
    const { lamp, action, problem } = decodeCommand(payload)
    const telemetry = decode(TELEMETRY, payload)
    const status = decode(STATUS, payload)
    const config = decode(CONFIG, payload)
    const server = decode(SERVER_STATUS, payload)
    return [
        formatMessage(lamp || action, problem),
        formatMessage(telemetry.value, telemetry.problem),
        formatMessage(status.value, status.problem),
        formatMessage(config.value, config.problem),
        formatMessage(server.value, server.problem),
    ]
}

export function evaluateTopic(topic: string): string {
    const parsed = parseTopic(topic)
    return (parsed ? parsed.id + " " + parsed.channel : "none") + " " + serverStatusTopic(topic)
}

/**
 * Runs the rule on the eight numbers that begin at `steps[i]`: threshold, hysteresis, min_on, min_off, lamp (2:
 * unknown), light, last light and now.
 */
export function evaluateStep(steps: number[], i: number): string {
    const rule = { threshold: steps[i], hysteresis: steps[i + 1], min_on: steps[i + 2], min_off: steps[i + 3] }
    const lamp = steps[i + 4] === 2 ? undefined : { led_on: steps[i + 4] === 1, since: 1000 }
    const cadence = { report: "change" as const, interval: 2000, sample: 250, dead_band: 10, heartbeat: 3000 }
    const next = decide(rule, lamp, steps[i + 5], steps[i + 7])
    const due = isReportDue(cadence, rule, { light: steps[i + 6], at: 1000 }, steps[i + 5], steps[i + 7])
    return JSON.stringify([next.led_on, next.since, due])
}
