/** The network of a board: the one socket that DeviceScript has. */

import * as ds from "@devicescript/core"
import { Link, Network, Signal } from "./network.js"

export interface DeviceNetworkOptions {
    /** A name or an address. */
    host: string
    port: number
    /** TLS, the broker's certificate checked against the public authorities. */
    tls?: boolean
}

type SocketEvent = "open" | "close" | "data" | "error"

/**
 * What `connect` of `@devicescript/net` stands on. Its `Socket` is not used: its `recv` cannot tell a lost chunk from
 * a timeout, its `send` fails where it should wait, and its `close` leaves `recv` waiting for ever.
 */
type Natives = typeof ds & {
    /** Gives 0, or an error; a negative port means TLS. Closes the socket that was open. */
    _socketOpen(host: string, port: number): number
    _socketClose(): number
    /** Gives 0, -1 when the queue of 50 packets is full, or another error. */
    _socketWrite(bytes: Buffer): number
    /** Called in a fiber of its own for each event. */
    _socketOnEvent(event: SocketEvent, arg?: Buffer | string): void
}

const QUEUE_FULL = -1

/** So many received bytes may wait to be read; the runtime itself knows no limit but the heap, 64 KB for everything. */
const MAX_BACKLOG = 8192

/** What a chunk takes beside its bytes: small ones fill the heap by their number. */
const CHUNK_COST = 48

const FOR_EVER = 3600000

/** The link that the socket belongs to. */
let current: DeviceLink

class DeviceSignal implements Signal {
    private raised = false
    private waiting: ds.Fiber

    notify(): void {
        this.raised = true
        if (this.waiting) this.waiting.resume(true)
    }

    async wait(timeout: number): Promise<void> {
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
        if (!this.isOpen && !this.over) await this.signal.wait(timeout)
        if (this.failure) throw new Error(this.failure)
        if (!this.isOpen) throw new Error(`no answer within ${timeout} ms`)
    }

    async recv(): Promise<Buffer | null> {
        for (;;) {
            if (this.chunks.length > 0) {
                const chunk = this.chunks.shift()
                this.bytes -= chunk.length + CHUNK_COST
                return chunk
            }
            if (this.failure) throw new Error(this.failure)
            if (this.over) return null
            await this.signal.wait(FOR_EVER)
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

    /** Something happened to the socket. */
    event(event: SocketEvent, arg: Buffer | string): void {
        if (event === "open") {
            this.isOpen = true
        } else if (event === "data") {
            const chunk = arg as Buffer
            // the runtime had no memory for it: the stream has a hole
            if (!chunk) return this.fail("received bytes were lost for lack of memory")
            this.bytes += chunk.length + CHUNK_COST
            if (this.chunks.length > 0 && this.bytes > MAX_BACKLOG)
                return this.fail(`more than ${MAX_BACKLOG} received bytes wait to be read`)
            this.chunks.push(chunk)
        } else if (event === "error") {
            return this.fail(arg ? (arg as string) : "the connection broke")
        } else {
            this.finish()
        }
        this.signal.notify()
    }

    fail(reason: string): void {
        if (!this.over) this.failure = reason
        this.finish()
    }

    private finish(): void {
        this.over = true
        if (current === this) {
            current = undefined
            ;(ds as Natives)._socketClose()
        }
        this.signal.notify()
    }
}

/** The network of this board. A board has one socket: one client, and no `fetch` beside it. */
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
                link.close()
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
