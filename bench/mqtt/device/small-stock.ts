// A minimal echo program on DeviceScript's own MQTT client, for comparing program sizes.
import { MQTTClient } from "@devicescript/net"

const mqtt = new MQTTClient({ host: "broker.example", port: 1883, proto: "tcp", clientId: "echo" })
await mqtt.start()
await mqtt.subscribe("echo/in", async message => {
    await mqtt.publish("echo/out", message.content, 1)
})
