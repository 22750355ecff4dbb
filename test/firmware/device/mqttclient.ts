// MQTT client for tests: connects to HOST:PORT, counts received messages, checks their order, echoes them, and publishes
// on request. The settings KEEPALIVE, INFLIGHT and MAXPACKET are options of the client, and FILTERS is the number of
// additional subscriptions.
import { sleep } from "@devicescript/core"
import { readSetting } from "@devicescript/settings"
import { MqttClient } from "../../../packages/devicescript-mqtt/src/client.js"
import { deviceNetwork } from "../../../packages/devicescript-mqtt/src/socket.js"

const host = await readSetting("HOST", "")
const port = await readSetting("PORT", 0)
const keepAlive = await readSetting("KEEPALIVE", 60)
const maxInflight = await readSetting("INFLIGHT", 8)
const maxPacket = await readSetting("MAXPACKET", 2048)
const filters = await readSetting("FILTERS", 0)
const will = { topic: "vm/will", payload: "gone", qos: 1 as const, retain: false }
const client = new MqttClient(deviceNetwork({ host, port }), {
    clientId: "vm",
    keepAlive,
    will,
    maxInflight,
    maxPacket,
})
let count = 0
let delivered = 0
let wrong = 0

client.onconnect = sessionPresent => console.log("connected " + sessionPresent)
client.ondisconnect = reason => console.log("disconnected: " + reason)
client.onproblem = problem => console.log("problem: " + problem)

// Counts all messages, and the messages that differ from the expected sequence 0, 1, 2, …
client.subscribe("vm/count", 2, (topic, payload) => {
    if (parseInt(payload.toString("utf-8")) !== count) wrong++
    count++
})
client.subscribe("vm/echo/+", 2, (topic, payload) => {
    client.publish("vm/back", payload, 2, false)
})
// Publishes as many messages as the payload says, to vm/back/0, vm/back/1, … The last level of the topic is the QoS.
client.subscribe("vm/publish/+", 1, (topic, payload) => {
    const qos = parseInt(topic[topic.length - 1]) as 1 | 2
    const accepted: number[] = []
    for (let n = 0; n < parseInt(payload.toString("utf-8")); n++)
        if (client.publish("vm/back/" + n, "", qos, false, () => delivered++)) accepted.push(n)
    console.log("accepted " + accepted.length)
})
client.subscribe("vm/sleep", 1, async (topic, payload) => {
    await sleep(parseInt(payload.toString("utf-8")))
})
client.subscribe("vm/throw", 1, () => {
    throw new Error("as told")
})
client.subscribe("vm/stop", 1, async () => {
    await client.stop()
    console.log("stopped")
})
client.subscribe("vm/tell", 1, () => {
    const { received, dropped, skipped, connects } = client.counters
    console.log(
        `count ${count} wrong ${wrong} received ${received} dropped ${dropped} skipped ${skipped} connects ${connects}` +
            ` delivered ${delivered}`
    )
    count = 0
    wrong = 0
})
for (let n = 0; n < filters; n++) client.subscribe("vm/filter/" + n, 1, () => {})
client.start()
