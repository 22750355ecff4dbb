// Runs the benchmark task on devicescript-mqtt.
import { readSetting } from "@devicescript/settings"
import { deviceNetwork, MqttClient } from "../../../packages/devicescript-mqtt/src/index.js"
import { Client, handleMessage, publishNumbers } from "./task.js"

const host = await readSetting("HOST", "")
const port = await readSetting("PORT", 0)
const keepAlive = await readSetting("KEEP_ALIVE", 0)
const filter = await readSetting("FILTER", "t/#")
const numbers = await readSetting("NUMBERS", 0)
const mqtt = new MqttClient(deviceNetwork({ host, port }), {
    clientId: "bench",
    keepAlive,
    will: { topic: "will", payload: "gone", qos: 0, retain: false },
})
const client: Client = {
    publish: async (topic, text) => mqtt.publish(topic, text, 1, false),
    stop: async () => {
        await mqtt.stop()
    },
}
mqtt.onconnect = () => console.log("connected")
mqtt.ondisconnect = () => console.log("lost")
mqtt.onproblem = problem => console.log(`problem: ${problem}`)
mqtt.subscribe(filter, 0, async (topic, payload) => {
    await handleMessage(client, topic, payload)
})
mqtt.start()
await publishNumbers(client, numbers)
