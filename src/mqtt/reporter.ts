/** Tells the program what happens, and survives what it does in return. */

import { Counters } from "./counters.js"
import { AsyncVoid } from "./subscriptions.js"
import { Done, Owner } from "./wire.js"

/** What a program may set to be told. */
export interface Callbacks {
    onconnect?: (sessionPresent: boolean) => AsyncVoid
    ondisconnect?: (reason: string) => AsyncVoid
    onproblem?: (problem: string) => void
}

export class Reporter implements Owner {
    private lastFailure = ""

    constructor(
        readonly callbacks: Callbacks,
        private counters: Counters
    ) {}

    report(problem: string): void {
        try {
            if (this.callbacks.onproblem) this.callbacks.onproblem(problem)
        } catch (e) {
            // there is nobody left to tell
        }
    }

    /** There is no connection: a reason that lasts is reported once. */
    failure(reason: string): void {
        if (reason !== this.lastFailure) this.report(reason)
        this.lastFailure = reason
    }

    /** There is a connection: the next failure is news. */
    success(): void {
        this.lastFailure = ""
    }

    delivered(done: Done): void {
        try {
            done(true)
        } catch (e) {
            this.threw("done", e)
        }
    }

    /** A callback of the program's threw. */
    threw(who: string, e: unknown): void {
        this.counters.failed++
        this.report(`${who} threw: ${(e as Error).message}`)
    }
}
