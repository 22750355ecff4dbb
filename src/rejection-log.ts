import { millis } from "@devicescript/core"

/** Shortest time between two log lines, in ms. Rate limiting keeps a flood of invalid messages from flooding the log. */
const MIN_LOG_INTERVAL = 10000

/** Counts and logs messages that the board rejects as invalid. */
export interface RejectionLog {
    /** Number of rejected messages since the board started. */
    count: number
    add(topic: string, problem: string): void
}

export function createRejectionLog(): RejectionLog {
    let lastLogged = -MIN_LOG_INTERVAL
    let suppressed = 0

    function add(topic: string, problem: string) {
        log.count++
        const now = millis()
        if (now - lastLogged < MIN_LOG_INTERVAL) {
            suppressed++
            return
        }
        console.warn(
            `refused a message on ${topic}: ${problem}` + (suppressed > 0 ? ` (and ${suppressed} more before)` : "")
        )
        lastLogged = now
        suppressed = 0
    }

    const log: RejectionLog = { count: 0, add }
    return log
}
