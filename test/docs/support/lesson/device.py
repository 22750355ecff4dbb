# A device as a learner has it at the end of the lesson, without CounterFit: the light is the number in light.txt.
import json
import time
from pathlib import Path

import paho.mqtt.client as mqtt

id = '<ID>'

client_name = id + 'nightlight_client'

mqtt_client = mqtt.Client(client_name)
mqtt_client.connect('test.mosquitto.org')
mqtt_client.loop_start()


def on_command(client, userdata, message):
    command = json.loads(message.payload)
    print("Message received:", command, flush=True)


mqtt_client.on_message = on_command
mqtt_client.subscribe(id + '/commands')

while True:
    light = int(Path('light.txt').read_text())
    print("Light level:", light, flush=True)
    mqtt_client.publish(id + '/telemetry', json.dumps({'light': light}))
    time.sleep(1)
