/** Platform interface of the MQTT client: TCP connection, clock and tasks. `socket.ts` implements it for DeviceScript. */

/** An open TCP or TLS connection to the broker. */
export interface Link {
    /**
     * Returns the next bytes, or null after either side closed the connection.
     * @throws Error with the reason if the connection broke or bytes were lost
     */
    recv(): Promise<Buffer | null>
    /** Sends a whole packet. Returns false if the send queue is full; the caller must retry later. Never throws. */
    write(packet: Buffer): boolean
    /** Closes the connection at once. A pending `recv` returns null. May be called twice. */
    close(): void
}

/** Auto-reset event for one waiting task. A `notify` before `notified` is not lost. */
export interface Signal {
    notify(): void
    /** Waits for `notify`, for at most `timeout` ms. */
    notified(timeout: number): Promise<void>
}

export interface Network {
    /**
     * Opens a connection to the broker.
     * @param timeout longest time until the connection is open, in ms
     * @throws Error with the reason if the connection cannot be opened
     */
    connect(timeout: number): Promise<Link>
    /** Returns the time of a monotonic clock, in ms. */
    millis(): number
    /** Waits for `ms` milliseconds; 0 only yields to other tasks. */
    sleep(ms: number): Promise<void>
    /** Starts a background task, which must not throw. `owner` replaces `this`, which DeviceScript closures cannot capture. */
    start<T>(task: (owner: T) => Promise<void>, owner: T): void
    signal(): Signal
}
