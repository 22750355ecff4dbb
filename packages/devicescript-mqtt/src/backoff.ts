/** Reconnect policy: the delay before each attempt to connect. Uses no clock and no network. */

/** Duration of a connection, in ms, after which its end no longer counts as a failure. */
const STABLE_AFTER = 30000

/**
 * Reconnect policy with jitter, which spreads the reconnects of many boards.
 *
 * - If an attempt reaches no broker, the next one starts after 0.5 to 1.5 × `minBackoff`, without end: the network may
 *   return at any moment. On a board, an attempt to reach a silent host takes up to 20 s by itself.
 * - If the broker refuses a connection, or a connection ends within 30 s, the next one will probably end likewise. The
 *   delay then doubles with each such connection from `minBackoff` to `maxBackoff`, times 0.5 to 1.
 */
export class Backoff {
    /** Number of connections in a row that the broker refused or that ended within `STABLE_AFTER`. */
    failures = 0

    /** Durations of the options `minBackoff` and `maxBackoff`, in ms. */
    constructor(
        private minBackoff: number,
        private maxBackoff: number
    ) {}

    /** Returns the delay after an attempt that reached no broker, in ms. */
    unreachable(): number {
        return Math.min(this.maxBackoff, this.minBackoff * (0.5 + Math.random()))
    }

    /**
     * Records that a connection ended. Returns the delay before the next attempt, in ms.
     * @param lasted how long the broker served the connection, in ms; 0 if it refused the connection
     */
    ended(lasted: number): number {
        if (lasted >= STABLE_AFTER) {
            this.failures = 0
            return this.unreachable()
        }
        const longest = Math.min(this.maxBackoff, this.minBackoff * Math.pow(2, Math.min(this.failures, 16)))
        this.failures++
        return longest * (0.5 + Math.random() / 2)
    }
}
