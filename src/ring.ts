/** A reading that is queued for sending. */
export interface Reading {
    /** Sequence number; starts at 1 after each boot. */
    readonly seq: number
    /** When the reading was taken, in ms since the board started. */
    readonly at: number
    /** Light level, an integer from 0 to 1023. */
    readonly light: number
    readonly led_on: boolean
}

/** Ring buffer of readings with a fixed size. */
export interface RingBuffer {
    length: number
    /** Number of readings lost because the buffer was full. */
    dropped: number
    /** Adds a reading. Overwrites the oldest one if the buffer is full. */
    push(reading: Reading): void
    /** Removes and returns the oldest reading; undefined if the buffer is empty. */
    shift(): Reading | undefined
}

/**
 * Creates a ring buffer.
 * @param capacity number of readings; each takes 24 bytes of heap
 */
export function createRingBuffer(capacity: number): RingBuffer {
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
        // The lowest bit stores the lamp state, to save memory.
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

    const ring: RingBuffer = { length: 0, dropped: 0, push, shift }
    return ring
}
