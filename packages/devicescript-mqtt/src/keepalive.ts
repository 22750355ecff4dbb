/**
 * MQTT keep-alive, section 3.1.2.10: decides when to send PINGREQ and when the connection is dead. Callers pass the
 * current time.
 */

/** What the connection must do after a keep-alive check. */
export const enum KeepAliveAction {
    Wait,
    Ping,
    GiveUp,
}

/**
 * Keep-alive timer. PINGREQ is due after 3/4 of the interval without traffic in one of the directions. The connection
 * counts as dead if nothing arrives within 1/2 of the interval after PINGREQ. Any bytes count as an answer, because
 * PINGRESP may wait behind many messages. The client thus detects a dead connection after 5/4 of the interval; the
 * broker waits 3/2 of the interval [MQTT-3.1.2-24]. Times are in ms.
 */
export class KeepAlive {
    /** Time until `check` must be called again, in ms. */
    nextCheck = 0
    private received: number
    private sent: number
    /** When the unanswered PINGREQ was sent; -1 if there is none. */
    private pinged = -1

    /** @param seconds keep-alive interval in seconds, 0 to 65,535; 0 turns keep-alive off */
    constructor(
        readonly seconds: number,
        now: number
    ) {
        this.received = now
        this.sent = now
    }

    /** Records that a packet was sent at `now`. */
    onSent(now: number): void {
        this.sent = now
    }

    /** Records that bytes arrived at `now`. */
    onReceived(now: number): void {
        this.received = now
        this.pinged = -1
    }

    /**
     * Returns what to do now.
     * @param paused whether reading is paused, so that silence does not mean that the connection is dead
     */
    check(now: number, paused: boolean): KeepAliveAction {
        this.nextCheck = Infinity
        if (this.seconds === 0) return KeepAliveAction.Wait
        if (paused) this.onReceived(now)
        if (this.pinged >= 0) {
            this.nextCheck = this.pinged + this.seconds * 500 - now
            return this.nextCheck > 0 ? KeepAliveAction.Wait : KeepAliveAction.GiveUp
        }
        this.nextCheck = Math.min(this.sent, this.received) + this.seconds * 750 - now
        if (this.nextCheck > 0) return KeepAliveAction.Wait
        this.pinged = now
        this.nextCheck = this.seconds * 500
        return KeepAliveAction.Ping
    }
}
