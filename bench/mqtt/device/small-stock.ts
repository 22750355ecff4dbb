// The smallest useful program on the stock client: an echo.
import { MQTTClient } from "@devicescript/net"

const mqtt = new MQTTClient({ host: "broker.example", port: 1883, proto: "tcp", clientId: "echo" })
await mqtt.start()
await mqtt.subscribe("echo/in", async message => {
    await mqtt.publish("echo/out", message.content, 1)
})
