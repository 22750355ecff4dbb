/** Network access on DeviceScript, which supports a single socket. */

import * as ds from "@devicescript/core"
import { Link, Network, Signal } from "./network.js"

export interface DeviceNetworkOptions {
    /** Host name or address of the broker. */
    host: string
    port: number
    /** Whether to use TLS. The runtime checks the broker's certificate against public certificate authorities. */
    tls?: boolean
}

type SocketEvent = "open" | "close" | "data" | "error"

/**
 * Native socket functions of DeviceScript, which `@devicescript/net` also uses. The `Socket` class of that package is
 * not usable here: `recv` cannot distinguish lost data from a timeout, `send` fails instead of waiting, and after
 * `close` a pending `recv` never returns.
 */
type Natives = typeof ds & {
    /** Opens the socket and closes the previous one. Returns 0 or an error code. A negative port means TLS. */
    _socketOpen(host: string, port: number): number
    _socketClose(): number
    /** Sends bytes. Returns 0 if successful, -1 if the send queue of 50 packets is full, or another error code. */
    _socketWrite(bytes: Buffer): number
    /** The runtime calls this function for each socket event, in a new fiber. */
    _socketOnEvent(event: SocketEvent, arg?: Buffer | string): void
}

const QUEUE_FULL = -1

/**
 * Largest number of unread bytes; the link fails above it, because the runtime limits them only by its heap of 64 KB.
 */
const MAX_UNREAD = 8192

/** Heap overhead of a received chunk, in bytes. The overhead counts toward `MAX_UNREAD`, because chunks may be tiny. */
const CHUNK_OVERHEAD = 48

const HOUR = 3600000

/** The link that currently owns the board's single socket and receives its events. */
let current: DeviceLink

class DeviceSignal implements Signal {
    private raised = false
    private waiting: ds.Fiber

    notify(): void {
        this.raised = true
        if (this.waiting) this.waiting.resume(true)
    }

    async notified(timeout: number): Promise<void> {
        if (!this.raised) {
            this.waiting = ds.Fiber.self()
            await ds.suspend(timeout)
            this.waiting = undefined
        }
        this.raised = false
    }
}

class DeviceLink implements Link {
    isOpen = false
    private failure = ""
    private over = false
    private chunks: Buffer[] = []
    private bytes = 0
    private signal = new DeviceSignal()

    async opened(timeout: number): Promise<void> {
        if (!this.isOpen && !this.over) await this.signal.notified(timeout)
        if (this.failure) throw new Error(this.failure)
        if (!this.isOpen) throw new Error(`no answer within ${timeout} ms`)
    }

    async recv(): Promise<Buffer | null> {
        for (;;) {
            if (this.chunks.length > 0) {
                const chunk = this.chunks.shift()
                this.bytes -= chunk.length + CHUNK_OVERHEAD
                return chunk
            }
            if (this.failure) throw new Error(this.failure)
            if (this.over) return null
            await this.signal.notified(HOUR)
        }
    }

    write(packet: Buffer): boolean {
        if (this.over) return true
        const result = (ds as Natives)._socketWrite(packet)
        if (result === QUEUE_FULL) return false
        if (result !== 0) this.fail(`sending failed with error ${result}`)
        return true
    }

    close(): void {
        this.chunks = []
        this.bytes = 0
        this.finish()
    }

    /** Handles an event of the socket: open, data, error or close. */
    event(event: SocketEvent, arg: Buffer | string): void {
        if (event === "open") {
            this.isOpen = true
        } else if (event === "data") {
            const chunk = arg as Buffer
            // The runtime passes no chunk if it had no memory for the received bytes.
            if (!chunk) return this.fail("received bytes were lost for lack of memory")
            this.bytes += chunk.length + CHUNK_OVERHEAD
            if (this.chunks.length > 0 && this.bytes > MAX_UNREAD)
                return this.fail(`more than ${MAX_UNREAD} received bytes wait to be read`)
            this.chunks.push(chunk)
        } else if (event === "error") {
            return this.fail(arg ? (arg as string) : "the connection broke")
        } else {
            this.finish()
        }
        this.signal.notify()
    }

    /** Ignores later events of the socket, but does not close it. */
    abandon(): void {
        this.over = true
        if (current === this) current = undefined
    }

    fail(reason: string): void {
        if (!this.over) this.failure = reason
        this.finish()
    }

    private finish(): void {
        this.over = true
        if (current === this) {
            current = undefined
            closeSocket()
        }
        this.signal.notify()
    }
}

/**
 * Closes the board's socket, even if an earlier run of the program has opened it: the socket of a program that crashed
 * stays open, and would keep other parts of the runtime from connecting.
 */
export function closeSocket(): void {
    ;(ds as Natives)._socketClose()
}

/**
 * Returns the network of a DeviceScript board. A board has one socket, so only one MQTT client and no `fetch` can run.
 *
 * The runtime of an ESP32 tries for up to 20 s to reach a host, cannot end an attempt earlier, and starts the next one
 * only afterwards. An attempt that times out is therefore abandoned, and the runtime ends it when the next one starts:
 * closing it during a TLS handshake would free memory that the handshake still uses.
 */
export function deviceNetwork(options: DeviceNetworkOptions): Network {
    return {
        connect: async (timeout: number) => {
            const link = new DeviceLink()
            if (current) current.fail("another connection was opened")
            current = link
            ;(ds as Natives)._socketOnEvent = (event: SocketEvent, arg?: Buffer | string) => {
                if (current) current.event(event, arg)
            }
            try {
                if ((ds as Natives)._socketOpen(options.host, options.tls ? -options.port : options.port) !== 0)
                    throw new Error("the network is busy")
                await link.opened(timeout)
            } catch (e) {
                link.abandon()
                throw e
            }
            return link
        },
        millis: () => ds.millis(),
        sleep: async (ms: number) => {
            await ds.sleep(ms)
        },
        start: <T>(task: (owner: T) => Promise<void>, owner: T) => {
            task.start(owner)
        },
        signal: () => new DeviceSignal(),
    }
}
