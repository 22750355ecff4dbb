/** What the client needs of its surroundings: DeviceScript's are in `socket.ts`, a test brings Node's. */

/** A connection to the broker that is open. */
export interface Link {
    /**
     * The next bytes; null when the connection is over, by whichever side.
     * @throws Error that says why, when the connection broke or bytes of it were lost.
     */
    recv(): Promise<Buffer | null>
    /** Sends a packet whole, or not at all: false when the queue is full, try again in a while. Never throws. */
    write(packet: Buffer): boolean
    /** Closes the connection at once; a pending `recv` gives null. May be called twice. */
    close(): void
}

/** A latch for one waiting task: `notify` before `wait` is not lost. */
export interface Signal {
    notify(): void
    /** Waits for `notify`, at most `timeout` ms. */
    wait(timeout: number): Promise<void>
}

export interface Network {
    /**
     * Opens a connection to the broker.
     * @param timeout ms; when it is over, nothing of the attempt is left behind
     * @throws Error that says why it cannot be opened
     */
    connect(timeout: number): Promise<Link>
    /** A clock that never goes back, in ms. */
    millis(): number
    /** Waits so many ms; 0 lets other tasks run. */
    sleep(ms: number): Promise<void>
    /** Starts a task of `owner`'s in the background. The task never throws. (DeviceScript has no closures over `this`.) */
    start<T>(task: (owner: T) => Promise<void>, owner: T): void
    signal(): Signal
}
