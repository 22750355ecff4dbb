/** Reconnect policy: the delay before each attempt to connect. Uses no clock and no network. */

/** Shortest duration of a stable connection, in ms. `shortConnections` counts only connections that end earlier. */
const STABLE_AFTER = 30000

/** Number of connections in a row that end at once, after which the delay starts to double. */
const FREE_ENDINGS = 3

/**
 * Reconnect policy with jitter, which spreads the reconnects of many boards.
 *
 * - If an attempt reaches no host, the next one starts after 0.5 to 1.5 × `minBackoff`, without end: the network may
 *   return at any moment. On a board, an attempt to reach a silent host takes up to 20 s by itself.
 * - If a host accepts the connection but no broker answers, as behind a proxy while the broker restarts, the delay
 *   doubles from `minBackoff` to 4 × `minBackoff`, times 0.5 to 1.
 * - If the broker refuses the connection or ends it at once, the next one will probably end likewise. From the fourth in a
 *   row, the delay doubles with each from `minBackoff` to `maxBackoff`, times 0.5 to 1. "At once" means within
 *   3 × `minBackoff`: another client with the same client identifier waits up to 1.5 × `minBackoff`, and then needs time
 *   to connect.
 * - After any other connection, the next attempt starts after 0.5 to 1.5 × `minBackoff`.
 */
export class Backoff {
    /** Number of connections in a row that the broker accepted and that ended within 30 s. */
    shortConnections = 0
    /** Number of connections in a row that the broker refused or ended at once. */
    private endings = 0
    /** Number of connections in a row in which no broker answered. */
    private unanswered = 0

    /** The parameters are the client's options `minBackoff` and `maxBackoff`, in ms. */
    constructor(
        private minBackoff: number,
        private maxBackoff: number
    ) {}

    /** Returns the delay after an attempt that reached no host, in ms. */
    unreachable(): number {
        return Math.min(this.maxBackoff, this.minBackoff * (0.5 + Math.random()))
    }

    /** Returns the delay after a connection in which no broker answered, in ms. */
    noAnswer(): number {
        return this.doubled(Math.min(2, this.unanswered++))
    }

    /** Returns the delay after the broker refused a connection, in ms. */
    refused(): number {
        this.unanswered = 0
        this.endings++
        return this.doubled(Math.min(Math.max(0, this.endings - FREE_ENDINGS), 16))
    }

    /**
     * Returns the delay after the end of a connection that the broker had accepted, in ms.
     * @param lasted how long the broker served the connection, in ms
     */
    ended(lasted: number): number {
        this.shortConnections = lasted < STABLE_AFTER ? this.shortConnections + 1 : 0
        if (lasted < 3 * this.minBackoff) return this.refused()
        this.unanswered = this.endings = 0
        return this.unreachable()
    }

    private doubled(times: number): number {
        return Math.min(this.maxBackoff, this.minBackoff * Math.pow(2, times)) * (0.5 + Math.random() / 2)
    }
}
