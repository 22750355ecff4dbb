/** Reconnect policy: the delay before each attempt to connect, and the timeout of the attempt. Uses no clock and no network. */

/** Timeout of an attempt before the first success, in ms. */
const FIRST_TIMEOUT = 2000

/** Shortest timeout of an attempt, in ms. */
const MIN_TIMEOUT = 1500

/** Every third attempt in a series of timeouts gets the full `connectTimeout`. */
const FULL_EVERY = 3

/**
 * Reconnect policy with jitter and, after refusals only, exponential backoff.
 *
 * After a lost connection or a failed attempt, the client retries after 0.5 to 1.5 × `minBackoff`, without end. An attempt
 * costs only one SYN packet, and the network may return at any moment. Jitter spreads the reconnects of many boards.
 *
 * Most attempts time out after four times the duration of the last success. A long timeout would let an attempt hang in
 * a dead network after the network returned. Every third attempt uses the full `connectTimeout` for slow networks.
 *
 * If the broker refuses the connection in CONNACK, it will probably refuse again. The delay then doubles from `minBackoff`
 * to `maxBackoff`, times 0.5 to 1.
 */
export class Backoff {
    private refusals = 0
    private timeouts = 0
    private attemptTimeout = FIRST_TIMEOUT

    /** Durations of the options `minBackoff`, `maxBackoff` and `connectTimeout`, in ms. */
    constructor(
        private minBackoff: number,
        private maxBackoff: number,
        private connectTimeout: number
    ) {}

    /** Returns the timeout of the next attempt in ms, which applies to opening the connection and again to CONNACK. */
    timeout(): number {
        const full = this.timeouts > 0 && this.timeouts % FULL_EVERY === FULL_EVERY - 1
        return full ? this.connectTimeout : Math.min(this.attemptTimeout, this.connectTimeout)
    }

    /**
     * Records a successful attempt.
     * @param took duration of the attempt in ms
     */
    succeeded(took: number): void {
        this.timeouts = 0
        this.attemptTimeout = Math.max(MIN_TIMEOUT, 4 * took)
    }

    /** Records that the broker refused the connection. Returns the delay before the next attempt, in ms. */
    refused(): number {
        const wait = Math.min(this.maxBackoff, this.minBackoff * Math.pow(2, Math.min(this.refusals, 16)))
        this.refusals++
        return wait * (0.5 + Math.random() / 2)
    }

    /**
     * Records that a connection was lost or could not be opened. Returns the delay before the next attempt, in ms.
     * @param answered false if the attempt timed out
     */
    lost(answered: boolean): number {
        this.refusals = 0
        if (!answered) this.timeouts++
        return Math.min(this.maxBackoff, this.minBackoff * (0.5 + Math.random()))
    }
}
