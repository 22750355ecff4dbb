import { LightBulb, LightLevel, millis } from "@devicescript/core"
import { decodeCommand } from "../contract/command.js"
import { SERVER_STATUS, STATUS } from "../contract/messages.js"
import { isDue, Reported } from "../contract/reporting.js"
import { decode, encode } from "../contract/schema.js"
import { serverStatusTopic, topicOf } from "../contract/topics.js"
import { perform } from "./actions.js"
import { createComplaints } from "./complaints.js"
import { createLamp } from "./lamp.js"
import { MqttClient } from "./mqtt/client.js"
import { deviceNetwork } from "./mqtt/socket.js"
import { defaultParameters, readParameters } from "./parameters.js"
import { watch } from "./sensor.js"
import { readSettings } from "./settings.js"
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

/** Wires the parts together, and runs for ever. */
export async function runNightlight(board: Board) {
    const { host, port, tls, username, password, id } = await readSettings()
    const boot = Math.randomInt(0x7fffffff)
    const complaints = createComplaints()
    let parameters = defaultParameters()
    let reported: Reported = undefined
    let statusDue = true

    console.log(`nightlight ${VERSION} on ${board.name}: ${id} at ${tls ? "mqtts" : "mqtt"}://${host}:${port}`)
    const client = new MqttClient(deviceNetwork({ host, port, tls }), {
        clientId: "nightlight-board:" + id,
        username,
        password,
        keepAlive: KEEP_ALIVE,
        will: { topic: topicOf(id, "status"), payload: encode(STATUS, { online: false }), qos: 1, retain: true },
    })
    const telemetry = createTelemetry(client, topicOf(id, "telemetry"), boot)
    const lamp = createLamp(board.lamp, () => {
        console.log(lamp.on ? "lamp on" : "lamp off")
        statusDue = true
        publishStatus()
    })

    // The latest state is all that counts: when the session takes no more, it waits for the next acknowledgement.
    function publishStatus() {
        if (!statusDue || !client.connected || client.room === 0) return
        const status = encode(STATUS, {
            online: true,
            led_on: lamp.on,
            decided_by: "server",
            firmware: VERSION,
            board: board.name,
            boot,
            dropped: telemetry.dropped,
        })
        if (client.publish(topicOf(id, "status"), status, 1, true, resume)) statusDue = false
    }

    function resume() {
        publishStatus()
        telemetry.pump()
    }

    async function onCommand(topic: string, payload: Buffer) {
        const { lamp: wanted, action, problem } = decodeCommand(payload)
        if (wanted) await lamp.set(wanted.led_on)
        else if (action)
            await perform(action, { client, id, lamp, light: reported && reported.light, rejected: complaints.count })
        else complaints.add(topic, problem)
    }

    function onConfig(topic: string, payload: Buffer) {
        const given = readParameters(payload)
        if (given.problem) complaints.add(topic, given.problem)
        else parameters = given.parameters
    }

    // A server that comes back knows nothing of the present: it is told at once.
    function onServer(topic: string, payload: Buffer) {
        const status = decode(SERVER_STATUS, payload)
        if (status.problem) complaints.add(topic, status.problem)
        else if (status.value.online) reported = undefined
    }

    function onReading(light: number, at: number) {
        if (!isDue(parameters, parameters, reported, light, at)) return
        reported = { light, at }
        telemetry.add(light, at, lamp.on)
    }

    client.onconnect = () => {
        console.log(`connected to ${host}:${port} after ${millis()} ms`)
        statusDue = true
        resume()
    }
    client.ondisconnect = reason => console.log("disconnected: " + reason)
    client.onproblem = problem => complaints.add("the connection", problem)
    client.subscribe(topicOf(id, "commands"), 1, onCommand)
    client.subscribe(topicOf(id, "config"), 1, onConfig)
    client.subscribe(serverStatusTopic(id), 1, onServer)
    client.start()
    await watch(board.light, () => parameters.sample, onReading)
}
