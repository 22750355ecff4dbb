"""The lesson's device on Paho with MQTT 5. Usage: lesson-device.py <port> <light>. Prints the CONNACK and the answer."""
import json
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.properties import PacketTypes, Properties

port, light = int(sys.argv[1]), int(sys.argv[2])
answers = []


def on_connect(client, userdata, flags, reason, properties):
    print("connected", reason.value, flags["session present"], flush=True)
    client.subscribe([("paho/commands", 1), ("homeassistant/status", 0)])


def on_subscribe(client, userdata, mid, codes, properties):
    print("granted", [code.value for code in codes], flush=True)
    sent = Properties(PacketTypes.PUBLISH)
    sent.UserProperty = ("unit", "ADC")
    sent.MessageExpiryInterval = 60
    client.publish("paho/telemetry", json.dumps({"light": light}), qos=2, properties=sent)


def on_message(client, userdata, message):
    print("message", message.topic, message.payload.decode(), flush=True)
    answers.append(message)


device = mqtt.Client("paho", protocol=mqtt.MQTTv5)
device.on_connect, device.on_subscribe, device.on_message = on_connect, on_subscribe, on_message
device.connect("127.0.0.1", port, clean_start=True)
deadline = time.time() + 20
while not answers and time.time() < deadline:
    device.loop(0.1)
device.disconnect()
