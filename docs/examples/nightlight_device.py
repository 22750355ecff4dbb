"""A nightlight in Python: publishes the light level, and switches its lamp when the server commands it.

    python3 nightlight_device.py --host 192.168.1.20 --id nightlight/pi

Type a number from 0 (dark) to 1023 and Enter to set the light level. On a Raspberry Pi with a Grove hat, let read_light()
read the sensor and show_lamp() switch the LED; nothing else changes. Needs paho-mqtt 1.x or 2.x. Ctrl+C ends it.

The password comes from the variable MQTT_PASSWORD, so that it does not appear in the list of processes.
"""

import argparse
import json
import os
import queue
import sys
import threading

import paho.mqtt.client as mqtt

options = argparse.ArgumentParser(description="A nightlight in Python.")
options.add_argument("--host", default="127.0.0.1", help="address of the broker (default: 127.0.0.1)")
options.add_argument("--port", type=int, default=1883, help="port of the broker (default: 1883)")
options.add_argument("--user", help="user name at the broker")
options.add_argument("--id", default="nightlight/python", help="id of the device, which comes before /telemetry (default: nightlight/python)")
options.add_argument("--every", type=float, default=5, help="seconds between two readings (default: 5)")
given = options.parse_args()

TELEMETRY = given.id + "/telemetry"
COMMANDS = given.id + "/commands"

typed = queue.Queue()
light = 512


def read_light():
    """Returns the light level, 0 to 1023. With a Grove light sensor: GroveLightSensor(0).light"""
    return light


def show_lamp(on):
    """Switches the lamp. With a Grove LED: led.on() or led.off()"""
    print("lamp", "on" if on else "off", flush=True)


def say(text):
    print(text, file=sys.stderr, flush=True)


def on_connect(client, userdata, flags, code):
    if code != 0:
        say("The broker refused the connection: " + mqtt.connack_string(code))
        return
    say("connected to " + given.host)
    # subscribe here, because a clean session loses its subscriptions at each reconnect
    client.subscribe(COMMANDS)


def on_message(client, userdata, message):
    try:
        command = json.loads(message.payload)
    except ValueError:
        command = None
    # other messages on this topic, such as actions, are for Nightlight boards
    if isinstance(command, dict) and isinstance(command.get("led_on"), bool):
        show_lamp(command["led_on"])
    else:
        say("Ignored a message that is not a lamp command: " + repr(message.payload[:80]))


def read_keyboard():
    for line in sys.stdin:
        try:
            typed.put(max(0, min(1023, round(float(line)))))
        except (ValueError, OverflowError):
            say("Not a number. Type a number from 0 to 1023.")


def new_client(name):
    if hasattr(mqtt, "CallbackAPIVersion"):  # Paho 2 requires the version of the callbacks
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id=name)
    return mqtt.Client(client_id=name)


client = new_client("nightlight-python:" + given.id)
if given.user:
    client.username_pw_set(given.user, os.environ.get("MQTT_PASSWORD", ""))
client.on_connect = on_connect
client.on_message = on_message
try:
    client.connect(given.host, given.port, keepalive=15)
except OSError as problem:
    sys.exit("No broker at {}:{}: {}. Is the server running, and does it listen there?".format(given.host, given.port, problem))
client.loop_start()
threading.Thread(target=read_keyboard, daemon=True).start()

try:
    while True:
        client.publish(TELEMETRY, json.dumps({"light": read_light()}))
        try:
            light = typed.get(timeout=given.every)
        except queue.Empty:
            pass
except KeyboardInterrupt:
    client.disconnect()
