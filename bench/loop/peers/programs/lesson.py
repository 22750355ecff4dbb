# The server program of lesson 4 of Microsoft's IoT for Beginners, changed to serve all devices. Usage: python3 lesson.py <port> <qos>
import json
import sys
import time

import paho.mqtt.client as mqtt

port, qos = int(sys.argv[1]), int(sys.argv[2])

client_name = "nightlight_server"

try:
    mqtt_client = mqtt.Client(client_name)
except (TypeError, ValueError):  # Paho 2 requires a callback API version
    mqtt_client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_name)
mqtt_client.connect("127.0.0.1", port)

mqtt_client.loop_start()


def handle_telemetry(client, userdata, message):
    payload = json.loads(message.payload.decode())
    print("Message received:", payload)

    command = {"led_on": payload["light"] < 300}
    print("Sending message:", command)

    client.publish(message.topic.replace("/telemetry", "/commands"), json.dumps(command), qos=qos)


mqtt_client.subscribe("nightlight/+/telemetry", qos=qos)
mqtt_client.on_message = handle_telemetry

while True:
    time.sleep(2)
