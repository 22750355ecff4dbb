"""Simulates Home Assistant's MQTT client. Usage: home_assistant.py <port>.

Follows homeassistant/components/mqtt/client.py of home-assistant/core, of 2026, with protocol version 5: Paho without its own
reconnect, Clean Start on every connection, no session expiry, a keep-alive of 60 s, SUBSCRIBE with one filter each for those
with wildcards and with up to 500 filters for the others, then the birth message. Prints what happens, as JSON lines. Reads
commands: "subscribe <QoS> <topic>...", "unsubscribe <topic>...", "publish <topic> <payload>", "reload", "stop".
"""
import json
import os
import queue
import sys
import threading
import time
import uuid

import paho.mqtt.client as mqtt

STATUS = "homeassistant/status"


def say(**event):
    print(json.dumps(event), flush=True)


def on_connect(client, userdata, flags, reason, properties):
    say(event="connected", reason=reason.value, session=flags["session present"])
    components = ("light", "select", "sensor", "device")
    filters = [f"homeassistant/{component}/{end}" for component in components for end in ("+/config", "+/+/config")]
    for one in filters:
        client.subscribe([(one, 0)])
    client.subscribe([(topic, qos) for topic, qos in subscriptions.items()])
    client.publish(STATUS, "online", 0, False)


def on_message(client, userdata, message):
    text = message.payload.decode()
    say(event="message", topic=message.topic, text=text, qos=message.qos, retain=bool(message.retain))


subscriptions = {STATUS: 0}
ha = mqtt.Client(mqtt.base62(uuid.uuid4().int, padding=22), protocol=mqtt.MQTTv5, reconnect_on_failure=False)
ha.on_connect = on_connect
ha.on_message = on_message
ha.on_disconnect = lambda client, userdata, reason, properties: say(event="disconnected", reason=getattr(reason, "value", reason))
ha.on_subscribe = lambda client, userdata, mid, codes, properties: say(event="granted", codes=[c.value for c in codes])
ha.on_unsubscribe = lambda client, userdata, mid, properties, codes: say(event="unsubscribed")
ha.will_set(STATUS, "offline", 0, False)


commands = queue.Queue()


def read_commands():
    for line in sys.stdin:
        commands.put(line)
    commands.put("stop")


def obey(line):
    command, *words = line.split()
    if command == "subscribe":
        added = {topic: int(words[0]) for topic in words[1:]}
        subscriptions.update(added)
        ha.subscribe(list(added.items()))
    elif command == "unsubscribe":
        for topic in words:
            subscriptions.pop(topic)
        ha.unsubscribe(words)
    elif command == "publish":
        ha.publish(words[0], words[1], 0, False)
    elif command == "reload":
        ha.disconnect()
    elif command == "stop":
        # exits without DISCONNECT, so that the broker publishes the will
        os._exit(0)


threading.Thread(target=read_commands, daemon=True).start()
# Connects, and reconnects when the connection ends, as _reconnect_loop does. Only this thread uses the client, as in Home
# Assistant: without loop_start, Paho expects that.
while True:
    try:
        ha.connect("127.0.0.1", int(sys.argv[1]), 60, clean_start=True)
        while ha.loop(0.05) == mqtt.MQTT_ERR_SUCCESS:
            while not commands.empty():
                obey(commands.get())
    except OSError:
        pass
    time.sleep(0.1)
