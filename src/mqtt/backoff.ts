/** When to try again, and for how long to wait for an answer. Pure. */

/** How long an attempt is given before any has succeeded, in ms. */
const FIRST_PATIENCE = 2000

/** The least that an attempt is given, in ms. */
const LEAST_PATIENCE = 1500

/** Each so-many-th attempt that gets no answer is given the full time. */
const FULL_EVERY = 3

/**
 * The policy. A network that is away comes back at a moment that nobody announces, and an attempt in vain costs one
 * SYN: so after a loss, nonsense, an address that refuses or an attempt without an answer, the next one follows after
 * 1/2 to 3/2 of `minBackoff`, for ever; the jitter keeps a hundred boards from coming in step. An attempt that hangs in
 * a dead network must not outlast it: most are given four times what the last success took, every third one the full
 * `connectTimeout`, so that a slow network is joined too. A broker that refuses by CONNACK will do so again: there the
 * wait doubles from `minBackoff` to `maxBackoff`, with a jitter of a half.
 */
export class Backoff {
    private refusals = 0
    private unanswered = 0
    private patience = FIRST_PATIENCE

    /** All in ms. */
    constructor(
        private minBackoff: number,
        private maxBackoff: number,
        private connectTimeout: number
    ) {}

    /** How long the next attempt may take to open the connection, and again to get CONNACK, in ms. */
    timeout(): number {
        const full = this.unanswered > 0 && this.unanswered % FULL_EVERY === FULL_EVERY - 1
        return full ? this.connectTimeout : Math.min(this.patience, this.connectTimeout)
    }

    /** An attempt succeeded, after so many ms. */
    succeeded(took: number): void {
        this.unanswered = 0
        this.patience = Math.max(LEAST_PATIENCE, 4 * took)
    }

    /** The broker refused. Gives the wait in ms. */
    refused(): number {
        const wait = Math.min(this.maxBackoff, this.minBackoff * Math.pow(2, Math.min(this.refusals, 16)))
        this.refusals++
        return wait * (0.5 + Math.random() / 2)
    }

    /** The connection was lost or could not be opened; `answered` is false when that took all the time. Gives the wait in ms. */
    lost(answered: boolean): number {
        this.refusals = 0
        if (!answered) this.unanswered++
        return Math.min(this.maxBackoff, this.minBackoff * (0.5 + Math.random()))
    }
}
