/** When to send PINGREQ, and when to give up, section 3.1.2.10. Pure: it is told the time. */

/** What to do. */
export const enum Beat {
    Wait,
    Ping,
    GiveUp,
}

/**
 * After 3/4 of the keep-alive time without a packet in either direction it is time for PINGREQ; the answer has 1/2 of
 * it. So a dead connection is noticed after 5/4, before the broker would end a living one after 3/2 [MQTT-3.1.2-24].
 */
export class KeepAlive {
    /** How long until the next `check`, in ms. */
    rest = 0
    private received: number
    private sent: number
    /** When the PINGREQ was sent whose PINGRESP is missing; -1 when none is. */
    private pinged = -1

    /** `seconds`: 0 to 65,535, 0 for never. `now`, here and below, in ms. */
    constructor(
        readonly seconds: number,
        now: number
    ) {
        this.received = now
        this.sent = now
    }

    /** A packet was sent. */
    onSent(now: number): void {
        this.sent = now
    }

    /** Bytes arrived. */
    onReceived(now: number): void {
        this.received = now
    }

    /** PINGRESP arrived. */
    onPingresp(): void {
        this.pinged = -1
    }

    /** `deaf`: nothing is read now, so that silence means nothing. */
    check(now: number, deaf: boolean): Beat {
        this.rest = Infinity
        if (this.seconds === 0) return Beat.Wait
        if (deaf) {
            this.received = now
            this.pinged = -1
        }
        if (this.pinged >= 0) {
            this.rest = this.pinged + this.seconds * 500 - now
            return this.rest > 0 ? Beat.Wait : Beat.GiveUp
        }
        this.rest = Math.min(this.sent, this.received) + this.seconds * 750 - now
        if (this.rest > 0) return Beat.Wait
        this.pinged = now
        this.rest = this.seconds * 500
        return Beat.Ping
    }
}
