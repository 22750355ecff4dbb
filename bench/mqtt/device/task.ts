// What both programs do, whichever client they stand on.
import { sleep } from "@devicescript/core"

export interface Client {
    /** Publishes with QoS 1; false when the client does not take it. */
    publish(topic: string, text: string): Promise<boolean>
    stop(): Promise<void>
}

/** Handles a message: says what came, then does what it asks for. */
export async function handle(client: Client, topic: string, payload: Buffer): Promise<void> {
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
        const taken = await client.publish("out", `${n}`)
        console.log(`published ${n} ${taken}`)
        await sleep(500)
    }
}

/** Takes buffers of 256 bytes until the memory is used up, which ends the program. */
function fillHeap(): void {
    const held: Buffer[] = []
    for (;;) {
        held.push(Buffer.alloc(256))
        console.log(`holds ${held.length}`)
    }
}
