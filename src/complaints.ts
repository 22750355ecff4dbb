import { millis } from "@devicescript/core"

/** Time between two lines in the log, in ms: a flood of bad messages must not become a flood of lines. */
const QUIET = 10000

/** Messages that were refused. */
export interface Complaints {
    /** How many there were since the board started. */
    count: number
    add(topic: string, problem: string): void
}

export function createComplaints(): Complaints {
    let spoken = -QUIET
    let silent = 0

    function add(topic: string, problem: string) {
        complaints.count++
        const now = millis()
        if (now - spoken < QUIET) {
            silent++
            return
        }
        console.warn(`refused a message on ${topic}: ${problem}` + (silent > 0 ? ` (and ${silent} more before)` : ""))
        spoken = now
        silent = 0
    }

    const complaints: Complaints = { count: 0, add }
    return complaints
}
