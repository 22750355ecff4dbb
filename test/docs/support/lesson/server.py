# A server as a learner has it at the end of the lesson. docs/tutorials/lesson-programs.md says which lines to change.
import json
import time

import paho.mqtt.client as mqtt

id = '<ID>'

client_name = id + 'nightlight_server'

mqtt_client = mqtt.Client(client_name)
mqtt_client.connect('test.mosquitto.org')
mqtt_client.loop_start()


def on_telemetry(client, userdata, message):
    reading = json.loads(message.payload)
    print("Message received:", reading, flush=True)
    answer = {'led_on': reading['light'] < 300}
    print("Sending message:", answer, flush=True)
    client.publish(id + '/commands', json.dumps(answer))


mqtt_client.on_message = on_telemetry
mqtt_client.subscribe(id + '/telemetry')

while True:
    time.sleep(2)
