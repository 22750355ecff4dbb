import { LightBulb, LightLevel, millis, sleep } from "@devicescript/core"
import { randomBuffer } from "@devicescript/crypto"
import { decodeCommand } from "../contract/command.js"
import { Reply, SERVER_STATUS, STATUS } from "../contract/messages.js"
import { isDue, LastReport } from "../contract/reporting.js"
import { decode, encode } from "../contract/schema.js"
import { Channel, serverStatusTopic, topicOf } from "../contract/topics.js"
import { createActions } from "./actions.js"
import { createAuthority } from "./authority.js"
import { createComplaints } from "./complaints.js"
import { createLamp } from "./lamp.js"
import { MqttClient } from "./mqtt/client.js"
import { deviceNetwork } from "./mqtt/socket.js"
import { keepParameters, readParameters, restoreParameters } from "./parameters.js"
import { watch } from "./sensor.js"
import { readSettings } from "./settings.js"
import { createStatusLight } from "./status-light.js"
import { createTelemetry } from "./telemetry.js"
import { VERSION } from "./version.js"

/** What a board brings. */
export interface Board {
    /** The name of its file in `boards/`. */
    readonly name: string
    readonly light: LightLevel
    readonly lamp: LightBulb
}

/** Keep-alive in s: a board that lost its network is known to be gone within half as much again. */
const KEEP_ALIVE = 15

/** How many answers wait for room in the session; beyond them the oldest is given up. */
const MAX_REPLIES = 16

/**
 * How long a broker that had no session of ours is given nothing, in ms, until a server says there that it is online:
 * longer when one has said so before, as it will again.
 */
const HOLD = 2000
const HOLD_FOR_SERVER = 60000

/** Wires the parts together, and runs for ever. */
export async function runNightlight(board: Board) {
    const began = Math.round(millis())
    const { host, port, tls, username, password, id } = await readSettings()
    let parameters = await restoreParameters()
    // not Math.random(), which begins anew with the same numbers at every start
    const boot = randomBuffer(4).readUInt32LE(0) & 0x7fffffff
    const complaints = createComplaints()
    const authority = createAuthority(millis())
    let reported: LastReport = undefined
    let light: number = undefined
    // whether a server ever said that it is online, and until when the session is held for one
    let known = false
    let holdUntil = 0
    // whether a command ever named a reading
    let numbered = false
    // answers that wait for room in the session
    const replies: string[] = []
    // what `status` said last, or undefined when it is due
    let said: string = undefined

    console.log(`nightlight ${VERSION} on ${board.name}: ${id} at ${tls ? "mqtts" : "mqtt"}://${host}:${port}`)
    const client = new MqttClient(deviceNetwork({ host, port, tls }), {
        clientId: "nightlight-board:" + id,
        username,
        password,
        keepAlive: KEEP_ALIVE,
        holdNewSession: true,
        will: { topic: topicOf(id, "status"), payload: encode(STATUS, { online: false }), qos: 1, retain: true },
    })
    const telemetry = createTelemetry(client, topicOf(id, "telemetry"), boot, () => known || numbered, resume)
    const lamp = createLamp(board.lamp, () => {
        console.debug(lamp.on ? "lamp on" : "lamp off")
        publishStatus()
    })
    const show = createStatusLight()
    const actions = await createActions({ lamp, reply, full, figures })

    function reply(text: string) {
        if (replies.length === MAX_REPLIES) replies.shift()
        replies.push(text)
        resume()
    }

    function full(): boolean {
        return replies.length >= MAX_REPLIES
    }

    function figures(): Reply {
        const uptime = Math.round(millis())
        const { connects, sent, resent, received } = client.counters
        return {
            seq: 0,
            ok: true,
            light,
            led_on: lamp.on,
            uptime,
            rejected: complaints.count,
            connects,
            began,
            waiting: telemetry.waiting(),
            dropped: telemetry.dropped,
            sent,
            resent,
            received,
        }
    }

    // The latest state is all that counts: what the session does not take now is made anew when it does.
    function publishStatus() {
        if (!client.connected || client.room() === 0) return
        const status = encode(STATUS, {
            online: true,
            led_on: lamp.on,
            decided_by: authority.decided_by,
            firmware: VERSION,
            board: board.name,
            boot,
            dropped: telemetry.dropped,
        })
        if (status !== said && client.publish(topicOf(id, "status"), status, 1, true, resume)) said = status
    }

    // answers and status before readings, of which there may be hundreds
    function resume() {
        while (replies.length > 0 && client.publish(topicOf(id, "replies"), replies[0], 1, false, resume))
            replies.shift()
        publishStatus()
        telemetry.pump()
    }

    async function onCommand(topic: string, payload: Buffer) {
        // so a retained command is taken away, when the server forgets a board
        if (payload.length === 0) return
        const { lamp: wanted, action, problem } = decodeCommand(payload)
        if (wanted && wanted.seq !== undefined) numbered = true
        if (wanted) await lamp.set(authority.command(wanted.led_on, wanted.seq, millis()))
        else if (action) await actions.add(action)
        else complaints.add(topic, problem)
    }

    async function onConfig(topic: string, payload: Buffer) {
        const { parameters: given, problem } = readParameters(payload)
        if (problem) return complaints.add(topic, problem)
        await keepParameters(given, parameters)
        parameters = given
        actions.expired(given.expired)
    }

    function onServer(topic: string, payload: Buffer) {
        const { value, problem } = decode(SERVER_STATUS, payload)
        if (problem) return complaints.add(topic, problem)
        if (value.online) known = true
        release()
        const now = millis()
        actions.server(value.online, now)
        // a server that comes back knows nothing of the present: it is told at once
        if (authority.server(value.online, now)) reported = undefined
    }

    function release() {
        if (!client.holding()) return
        client.release()
        resume()
    }

    async function onReading(reading: number, at: number) {
        if (client.connected && at >= holdUntil) release()
        light = reading
        const before = authority.decided_by
        const on = authority.look(light, at, parameters)
        if (on !== lamp.on) await lamp.set(on)
        if (authority.decided_by !== before) console.log("decided by the " + authority.decided_by)
        if (isDue(parameters, parameters, reported, light, at)) {
            reported = { light, at }
            const seq = telemetry.add(light, at, lamp.on, parameters.offline === "keep")
            if (client.connected) authority.sent(seq)
        }
        publishStatus()
    }

    client.onconnect = sessionPresent => {
        const now = millis()
        console.log(`connected to ${host}:${port} after ${Math.round(now)} ms`)
        authority.connected(now)
        holdUntil = now + (known ? HOLD_FOR_SERVER : HOLD)
        // what the server had said there is gone as well
        if (known && !sessionPresent) authority.server(false, now)
        actions.connected(now)
        reported = undefined
        said = undefined
        resume()
    }
    client.ondisconnect = reason => {
        console.log("disconnected: " + reason)
        authority.disconnected(millis())
    }
    client.onproblem = problem => complaints.add("the connection", problem)

    function listen(channel: Channel, handler: (topic: string, payload: Buffer) => void | Promise<void>) {
        client.subscribe(topicOf(id, channel), 1, handler)
    }
    listen("commands", onCommand)
    listen("config", onConfig)
    client.subscribe(serverStatusTopic(id), 1, onServer)
    client.start()
    attend.start()
    await watch(board.light, () => parameters.sample, onReading)

    // Actions may take seconds: commands and readings do not wait for them.
    async function attend() {
        while (true) {
            await actions.work(millis())
            await show(authority.decided_by === "device" ? "alone" : client.connected ? "online" : "connecting")
            await sleep(100)
        }
    }
}
