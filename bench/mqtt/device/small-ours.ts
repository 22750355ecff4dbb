// A minimal echo program on devicescript-mqtt, for comparing program sizes.
import { deviceNetwork, MqttClient } from "../../../packages/devicescript-mqtt/src/index.js"

const mqtt = new MqttClient(deviceNetwork({ host: "broker.example", port: 1883 }), { clientId: "echo" })
mqtt.subscribe("echo/in", 1, (topic, payload) => {
    mqtt.publish("echo/out", payload, 1, false)
})
mqtt.start()
