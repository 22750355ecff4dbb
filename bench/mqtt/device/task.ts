// The benchmark task, which is the same for both MQTT clients.
import { sleep } from "@devicescript/core"

export interface Client {
    /** Publishes with QoS 1. Returns false when the client rejects the message. */
    publish(topic: string, text: string): Promise<boolean>
    stop(): Promise<void>
}

/** Logs a message, then runs the command in its payload: throw, stop or heap. */
export async function handleMessage(client: Client, topic: string, payload: Buffer): Promise<void> {
    const text = payload.slice(0, Math.min(8, payload.length)).toString("utf-8")
    console.log(`got ${topic} ${payload.length} ${text}`)
    if (topic === "t/slow") await sleep(50)
    if (text === "throw") throw new Error("as told")
    if (text === "stop") {
        await client.stop()
        console.log("stopped")
    }
    if (text === "heap") fillHeap()
}

/** Publishes the numbers from 1 to `last`, one every 500 ms. */
export async function publishNumbers(client: Client, last: number): Promise<void> {
    for (let n = 1; n <= last; n++) {
        const accepted = await client.publish("out", `${n}`)
        console.log(`published ${n} ${accepted}`)
        await sleep(500)
    }
}

/** Allocates buffers of 256 bytes until the memory is full, which crashes the program. */
function fillHeap(): void {
    const held: Buffer[] = []
    for (;;) {
        held.push(Buffer.alloc(256))
        console.log(`holds ${held.length}`)
    }
}
