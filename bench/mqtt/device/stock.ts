// Runs the benchmark task on DeviceScript's own MQTT client, used as its documentation recommends.
import { MQTTClient } from "@devicescript/net"
import { readSetting } from "@devicescript/settings"
import { Client, handleMessage, publishNumbers } from "./task.js"

const host = await readSetting("HOST", "")
const port = await readSetting("PORT", 0)
const keepAlive = await readSetting("KEEP_ALIVE", 0)
const filter = await readSetting("FILTER", "t/#")
const numbers = await readSetting("NUMBERS", 0)
const mqtt = new MQTTClient({
    host,
    port,
    proto: "tcp",
    clientId: "bench",
    keepAlive,
    pingInterval: 750 * keepAlive,
    will: { topic: "will", message: "gone" },
})
const client: Client = {
    publish: async (topic, text) => await mqtt.publish(topic, text, 1),
    stop: async () => {
        await mqtt.stop()
    },
}
mqtt.onconnect.subscribe(() => console.log("connected"))
mqtt.onclose.subscribe(() => console.log("lost"))
mqtt.onerror.subscribe(error => console.log(`problem: ${error.message}`))
await mqtt.start()
await mqtt.subscribe(filter, async message => {
    await handleMessage(client, message.topic, message.content)
})
await publishNumbers(client, numbers)
