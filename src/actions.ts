import { millis, reboot, sleep } from "@devicescript/core"
import { ActionCommand, REPLY, Reply } from "../contract/messages.js"
import { encode } from "../contract/schema.js"
import { topicOf } from "../contract/topics.js"
import { Lamp } from "./lamp.js"
import { MqttClient } from "./mqtt/client.js"

/** What an action may look at and touch. */
export interface Surroundings {
    readonly client: MqttClient
    readonly id: string
    readonly lamp: Lamp
    /** The reading that was reported last, 0 to 1023; undefined when there is none. */
    readonly light: number
    readonly rejected: number
}

/** Time for a reply to leave the board before it reboots, in ms. */
const FAREWELL = 500

async function identify(lamp: Lamp) {
    const before = lamp.on
    for (let i = 0; i < 6; i++) {
        await lamp.set(!lamp.on)
        await sleep(250)
    }
    await lamp.set(before)
}

/** Does what was asked, and replies. */
export async function perform(command: ActionCommand, around: Surroundings) {
    const { client, id, lamp } = around
    const reply: Reply = { seq: command.seq, ok: true }
    if (command.action === "report") {
        reply.light = around.light
        reply.led_on = lamp.on
        reply.uptime = Math.round(millis())
        reply.rejected = around.rejected
        reply.connects = client.counters.connects
    }
    client.publish(topicOf(id, "replies"), encode(REPLY, reply), 1, false)
    if (command.action === "identify") await identify(lamp)
    if (command.action === "reboot") {
        await sleep(FAREWELL)
        reboot()
    }
}
