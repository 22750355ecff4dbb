/** Interfaces shared by the inbound and outbound halves of a session. */

import { Counters } from "./counters.js"

/** Called with true when the broker has acknowledged a publication. */
export type DeliveryCallback = (delivered: boolean) => void

/** Callbacks of a session, implemented by the client. */
export interface SessionOwner {
    /** Reports a problem to the program. */
    report(problem: string): void
    /** Calls the program's `done` callback, which may throw, after the broker acknowledged its publication. */
    delivered(done: DeliveryCallback): void
}

/** Gives the two halves of a session access to the connection and the clock. */
export interface Wire {
    /** Whether the session has an accepted connection, so that packets may be sent. */
    readonly connected: boolean
    /** Sends a packet. Must be called only while connected. */
    send(packet: Buffer): void
    /** Returns the time of a monotonic clock, in ms. */
    millis(): number
    readonly owner: SessionOwner
    readonly counters: Counters
}
