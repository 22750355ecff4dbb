import { _dcfgString, LightBulb, LightLevel, millis, reboot, sleep } from "@devicescript/core"
import { randomBuffer } from "@devicescript/crypto"
import { readSetting, writeSetting } from "./flash.js"
import { decodeCommand } from "../contract/command.js"
import { Reply, SERVER_STATUS, STATUS } from "../contract/messages.js"
import { isReportDue, LastReport } from "../contract/reporting.js"
import { decode, encode } from "../contract/schema.js"
import { serverStatusTopic, topicOf } from "../contract/topics.js"
import { createActions } from "./actions.js"
import { createAuthority } from "./authority.js"
import { createLamp } from "./lamp.js"
import { deviceNetwork, MqttClient } from "devicescript-mqtt"
import { decodeParameters, loadParameters, saveParameters, serializeRule } from "./parameters.js"
import { createRejectionLog } from "./rejection-log.js"
import { sampleForever } from "./sensor.js"
import { readSettings } from "./settings.js"
import { ALONE, CONNECTING, ONLINE, runStatusLight } from "./status-light.js"
import { createTelemetry } from "./telemetry.js"
import { createUpdater, HANDOVER_TIMEOUT } from "./update.js"
import { isRestartDue, LAMP_SETTING } from "./wrap-restart.js"

/** Name and hardware of a supported board. */
export interface Board {
    /** Name of the board's file in `boards/`. */
    readonly name: string
    readonly light: LightLevel
    readonly lamp: LightBulb
}

/** Time for which a rule must stay the same before it is written to flash, in ms. */
const STABLE_RULE_TIME = 60000

/** Capacity of the reply queue. When the queue is full, a new reply displaces the oldest one. */
const MAX_QUEUED_REPLIES = 16

/**
 * Longest time that the board withholds messages from a broker that lost its session, in ms. The broker may also have
 * lost the server's subscription, so messages sent before the server announces itself would be lost.
 */
const HOLD_TIME = 2000
/** Hold time for a board that has seen a server, in ms. It is longer, because the server probably comes back. */
const HOLD_TIME_FOR_SERVER = 60000

/** Runs the firmware: wires its parts together. Never returns. */
export async function runNightlight(board: Board) {
    const began = Math.round(millis())
    const { host, port, tls, username, password, keepAlive, id } = await readSettings()
    let parameters = await loadParameters()
    // The version of the program, which `devs build` derives from package.json and Git. Jacdac tools show the same text.
    const firmware = _dcfgString("@version")
    // Use the hardware generator, because Math.random() returns the same numbers after every start.
    const boot = randomBuffer(4).readUInt32LE(0) & 0x7fffffff
    const rejections = createRejectionLog()
    const lampWasOn = (await readSetting(LAMP_SETTING, false)) === true
    const authority = createAuthority(millis(), lampWasOn)
    let lastReport: LastReport = undefined
    let light: number = undefined
    // Whether a server has announced itself since the board started.
    let serverSeen = false
    // Time of the last change of the rule, in ms; undefined once the rule has been stored in flash.
    let ruleSince: number = undefined
    // The board withholds messages from the broker until this time, in ms.
    let holdUntil = 0
    // Whether a command has contained a `seq`, which shows that the server supports `seq`.
    let seqSeen = false
    // Replies that wait for room in the MQTT session.
    const replies: string[] = []
    // When an update must have begun, in ms; 0 while there is none. The board takes no readings, which it would lose.
    let updateDeadline = 0
    // Text of the status published last; undefined makes the board publish the next status even if it is the same.
    let lastStatus: string = undefined

    console.log(`nightlight ${firmware} on ${board.name}: ${id} at ${tls ? "mqtts" : "mqtt"}://${host}:${port}`)
    const client = new MqttClient(deviceNetwork({ host, port, tls }), {
        clientId: "nightlight-board:" + id,
        username,
        password,
        keepAlive,
        holdNewSession: true,
        will: { topic: topicOf(id, "status"), payload: encode(STATUS, { online: false }), qos: 1, retain: true },
    })
    const telemetry = createTelemetry(client, topicOf(id, "telemetry"), boot, () => serverSeen || seqSeen, sendQueued)
    const lamp = createLamp(board.lamp, () => {
        console.debug(lamp.isOn ? "lamp on" : "lamp off")
        publishStatus()
    })
    if (lampWasOn) await lamp.set(true)
    const allSlots = client.freeSlots()
    const actions = await createActions({ lamp, reply, isReplyQueueFull, diagnostics, startUpdate })
    const updater = await createUpdater(lampWasOn)

    function reply(text: string) {
        if (replies.length === MAX_QUEUED_REPLIES) replies.shift()
        replies.push(text)
        sendQueued()
    }

    function isReplyQueueFull(): boolean {
        return replies.length >= MAX_QUEUED_REPLIES
    }

    function startUpdate(): string {
        if (!updater.problem) updateDeadline = millis() + HANDOVER_TIMEOUT
        return updater.problem
    }

    function diagnostics(seq: number): Reply {
        const uptime = Math.round(millis())
        const { connects, sent, resent, received } = client.counters
        return {
            seq,
            ok: true,
            light,
            led_on: lamp.isOn,
            uptime,
            rejected: rejections.count,
            connects,
            began,
            waiting: telemetry.waiting(),
            dropped: telemetry.dropped,
            sent,
            resent,
            received,
        }
    }

    // If the MQTT session is full, skip the status: sendQueued() publishes the latest one when there is room again.
    function publishStatus() {
        if (!client.connected || client.freeSlots() === 0) return
        const status = encode(STATUS, {
            online: updateDeadline === 0,
            led_on: lamp.isOn,
            decided_by: authority.decided_by,
            firmware,
            board: board.name,
            boot,
            dropped: telemetry.dropped,
            config: parameters.revision,
            updating: updateDeadline > 0 || undefined,
        })
        if (status !== lastStatus && client.publish(topicOf(id, "status"), status, 1, true, sendQueued))
            lastStatus = status
    }

    // Replies and status go first, because hundreds of readings may be queued.
    function sendQueued() {
        while (replies.length > 0 && client.publish(topicOf(id, "replies"), replies[0], 1, false, sendQueued))
            replies.shift()
        publishStatus()
        telemetry.flush()
    }

    async function onCommand(topic: string, payload: Buffer) {
        // The server sends an empty payload to delete the retained command when it forgets a board.
        if (payload.length === 0) return
        const { lamp: lampCommand, action, problem } = decodeCommand(payload)
        if (lampCommand && lampCommand.seq !== undefined) seqSeen = true
        if (lampCommand) await lamp.set(authority.command(lampCommand.led_on, lampCommand.seq, millis()))
        else if (action) await actions.add(action)
        else rejections.add(topic, problem)
    }

    function onConfig(topic: string, payload: Buffer) {
        const { parameters: received, problem } = decodeParameters(payload)
        if (problem) return rejections.add(topic, problem)
        if (serializeRule(received) !== serializeRule(parameters)) ruleSince = millis()
        parameters = received
        actions.setExpired(received.expired)
    }

    function onServerStatus(topic: string, payload: Buffer) {
        const { value, problem } = decode(SERVER_STATUS, payload)
        if (problem) return rejections.add(topic, problem)
        if (value.online) serverSeen = true
        releaseHeld()
        const now = millis()
        actions.setServerOnline(value.online, now)
        // A server that came back needs a current reading, so the board sends the next sample at once.
        if (authority.setServerOnline(value.online, now)) lastReport = undefined
    }

    function releaseHeld() {
        if (!client.holdsPublications()) return
        client.release()
        sendQueued()
    }

    async function onReading(reading: number, at: number) {
        if (client.connected && at >= holdUntil) releaseHeld()
        light = reading
        const before = authority.decided_by
        const on = authority.sample(light, at, parameters)
        if (on !== lamp.isOn) {
            await lamp.set(on)
            // Report when the board has switched the lamp, because the server could not.
            lastReport = undefined
        }
        if (authority.decided_by !== before) console.log("decided by the " + authority.decided_by)
        if (updateDeadline === 0 && isReportDue(parameters, parameters, lastReport, light, at)) {
            lastReport = { light, at }
            const seq = telemetry.add(light, at, lamp.isOn, parameters.offline === "keep")
            if (client.connected) authority.readingSent(seq)
        }
        publishStatus()
    }

    client.onconnect = async sessionPresent => {
        const now = millis()
        console.log(`connected to ${host}:${port} after ${Math.round(now)} ms`)
        authority.connected(now)
        holdUntil = now + (serverSeen ? HOLD_TIME_FOR_SERVER : HOLD_TIME)
        // The broker may have lost the server's session too: treat the server as offline until it announces itself.
        if (serverSeen && !sessionPresent) authority.setServerOnline(false, now)
        actions.connected(now)
        lastReport = undefined
        lastStatus = undefined
        sendQueued()
        await updater.connected()
    }
    client.ondisconnect = reason => {
        console.log("disconnected: " + reason)
        authority.disconnected(millis())
    }
    client.onproblem = problem => rejections.add("the connection", problem)

    client.subscribe(topicOf(id, "commands"), 1, onCommand)
    client.subscribe(topicOf(id, "config"), 1, onConfig)
    client.subscribe(serverStatusTopic(id), 1, onServerStatus)
    runActions.start()
    runStatusLight.start(() => (authority.decided_by === "device" ? ALONE : client.connected ? ONLINE : CONNECTING))
    await sampleForever(board.light, () => parameters.sample, onReading)

    // Actions run in their own task, because some take seconds and must not delay commands and readings.
    async function runActions() {
        // The lamp state that is stored in flash.
        let savedLamp = false
        await updater.begin()
        client.start()
        while (true) {
            if (millis() - ruleSince >= STABLE_RULE_TIME) {
                ruleSince = undefined
                await saveParameters(parameters)
            }
            const actionsDone = await actions.performPending(millis())
            // With all slots free, the broker has acknowledged every publication, including all replies.
            const idle = actionsDone && client.connected && client.freeSlots() === allSlots && telemetry.waiting() === 0
            if (isRestartDue(millis(), lamp.isOn, idle)) {
                // Reboot only in a later pass than the write, because messages may have arrived during the write.
                if (lamp.isOn === savedLamp) reboot()
                savedLamp = lamp.isOn
                await writeSetting(LAMP_SETTING, savedLamp)
            }
            if (updateDeadline > 0 && (idle || millis() > updateDeadline)) {
                if (idle) await updater.update(client, lamp.isOn)
                console.log(idle ? "no update came" : "too busy to update")
                updateDeadline = 0
                client.start()
            }
            await sleep(100)
        }
    }
}
