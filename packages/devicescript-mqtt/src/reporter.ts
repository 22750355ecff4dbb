/** Calls the program's callbacks and catches their exceptions. */

import { Counters } from "./counters.js"
import { AsyncVoid } from "./subscriptions.js"
import { DeliveryCallback, SessionOwner } from "./wire.js"

/** Callbacks that the program can set on the client. */
export interface Callbacks {
    onconnect?: (sessionPresent: boolean) => AsyncVoid
    ondisconnect?: (reason: string) => AsyncVoid
    onproblem?: (problem: string) => void
}

export class Reporter implements SessionOwner {
    private lastFailure = ""

    constructor(
        readonly callbacks: Callbacks,
        private counters: Counters
    ) {}

    report(problem: string): void {
        try {
            if (this.callbacks.onproblem) this.callbacks.onproblem(problem)
        } catch (e) {
            // A failure of the error callback cannot be reported.
        }
    }

    /** Reports why the client is not connected. Repeated failures with the same reason are reported once. */
    failure(reason: string): void {
        if (reason !== this.lastFailure) this.report(reason)
        this.lastFailure = reason
    }

    /**
     * Clears the last failure after a successful connect, so that the next failure is reported even with the same
     * reason.
     */
    success(): void {
        this.lastFailure = ""
    }

    delivered(done: DeliveryCallback): void {
        try {
            done(true)
        } catch (e) {
            this.threw("done", e)
        }
    }

    /** Counts and reports an exception in a callback. */
    threw(callback: string, e: unknown): void {
        this.counters.failed++
        this.report(`${callback} threw: ${(e as Error).message}`)
    }
}
