/** A reading that was worth a message, until it is sent. */
export interface Reading {
    /** Counts the readings of one boot, from 1. */
    readonly seq: number
    /** When it was taken, in ms since the board started. */
    readonly at: number
    /** 0 to 1023, an integer. */
    readonly light: number
    readonly led_on: boolean
}

/** Readings in the order of their arrival, in memory that does not grow. */
export interface Ring {
    length: number
    /** Readings pushed out by newer ones, because the ring was full. */
    dropped: number
    push(reading: Reading): void
    /** Takes the oldest; undefined when there is none. */
    shift(): Reading | undefined
}

/** @param capacity how many readings are kept; each takes 24 bytes of a board's heap */
export function createRing(capacity: number): Ring {
    const seqs: number[] = []
    const ats: number[] = []
    const lights: number[] = []
    let oldest = 0
    for (let i = 0; i < capacity; i++) {
        seqs.push(0)
        ats.push(0)
        lights.push(0)
    }

    function push(reading: Reading) {
        if (ring.length === capacity) {
            oldest = (oldest + 1) % capacity
            ring.length--
            ring.dropped++
        }
        const i = (oldest + ring.length) % capacity
        seqs[i] = reading.seq
        ats[i] = reading.at
        // the lamp is the lowest bit
        lights[i] = reading.light * 2 + (reading.led_on ? 1 : 0)
        ring.length++
    }

    function shift(): Reading | undefined {
        if (ring.length === 0) return undefined
        const i = oldest
        oldest = (oldest + 1) % capacity
        ring.length--
        return { seq: seqs[i], at: ats[i], light: lights[i] >> 1, led_on: (lights[i] & 1) === 1 }
    }

    const ring: Ring = { length: 0, dropped: 0, push, shift }
    return ring
}
