/** What the two halves of a session share. */

import { Counters } from "./counters.js"

/** Is told that a publication was delivered. */
export type Done = (delivered: boolean) => void

/** Whoever keeps the session. */
export interface Owner {
    /** Is told in a sentence what the user should know. */
    report(problem: string): void
    /** The broker acknowledged the publication that came with `done`, which is the user's and may throw. */
    delivered(done: Done): void
}

/** The way to the broker. */
export interface Wire {
    /** Whether packets may be sent. */
    readonly connected: boolean
    /** Sends a packet; to be called while connected only. */
    send(packet: Buffer): void
    readonly owner: Owner
    readonly counters: Counters
}
