# A student's server from the lesson, with host, port and device id as command-line arguments.
import json
import sys
import time

import paho.mqtt.client as mqtt

host, port, id = sys.argv[1], int(sys.argv[2]), sys.argv[3]

client_telemetry_topic = id + "/telemetry"
server_command_topic = id + "/commands"
client_name = id + "nightlight_server"

try:
    mqtt_client = mqtt.Client(client_name)
except (TypeError, ValueError):  # Paho 2 requires a callback API version
    mqtt_client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_name)
mqtt_client.connect(host, port)

mqtt_client.loop_start()


def handle_telemetry(client, userdata, message):
    payload = json.loads(message.payload.decode())
    print("Message received:", payload, flush=True)

    command = {"led_on": payload["light"] < 300}
    print("Sending message:", command, flush=True)

    client.publish(server_command_topic, json.dumps(command))


mqtt_client.subscribe(client_telemetry_topic)
mqtt_client.on_message = handle_telemetry

while True:
    time.sleep(2)
