/** Runs the lesson's original device programs against this server. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { isMissing } from "../support/programs.js";
import { PYTHON_WITH_PAHO } from "../support/python.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

describe("the lesson's device", () => {
  test.each(["1f3b2a9c", "nightlight/porch", "a/b/c/d", "My ID, with odd (but legal) characters!"])(
    "the lesson's device with the id %s gets an answer to each reading",
    async (id) => {
      const { brokerUrl } = await startTestServer();
      const device = await connectClient(brokerUrl, { clientId: `${id}nightlight_client` });
      await device.subscribeAsync(`${id}/commands`);
      const answers: unknown[] = [];
      device.on("message", (_topic, payload) => answers.push(JSON.parse(payload.toString())));
      const lights = [212, 212, 299, 300, 1023, 0, 0];
      for (const light of lights) await device.publishAsync(`${id}/telemetry`, JSON.stringify({ light }));
      await eventually(() => answers.length === lights.length, { what: "an answer to every reading" });
      expect(answers).toEqual(lights.map((light) => ({ led_on: light < 300 })));
    },
  );

  test("the lesson's device finds its lamp's state when it reconnects", async () => {
    const { brokerUrl } = await startTestServer();
    const id = "1f3b2a9c";
    const device = await connectClient(brokerUrl, {}, `${id}/commands`);
    await device.publishAsync(`${id}/telemetry`, '{"light": 5}', { qos: 1 });
    await eventually(() => device.got.length === 1, { what: "the command" });
    await device.endAsync();
    const again = await connectClient(brokerUrl, {}, `${id}/commands`);
    await eventually(() => again.got.length > 0, { what: "the retained command" });
    expect(again.got).toMatchObject([{ text: '{"led_on":true}', retained: true }]);
  });
});

/** The lesson's virtual device (lesson 4, app.py) with scripted light values and an LED that prints its state. */
const LESSON_PROGRAM = `
import json, sys, time
import paho.mqtt.client as mqtt

id = '1f3b2a9c'
client_name = id + 'nightlight_client'
try:
    mqtt_client = mqtt.Client(client_name)
except ValueError:  # paho 2
    mqtt_client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_name)
mqtt_client.connect('127.0.0.1', int(sys.argv[1]))
mqtt_client.loop_start()

def handle_command(client, userdata, message):
    payload = json.loads(message.payload.decode())
    print('led', payload['led_on'], flush=True)

mqtt_client.subscribe(id + '/commands')
mqtt_client.on_message = handle_command

while True:
    for light in (100, 700):
        mqtt_client.publish(id + '/telemetry', json.dumps({'light': light}))
        time.sleep(0.1)
`;

test.skipIf(isMissing(PYTHON_WITH_PAHO, "Python with Paho"))(
  "the lesson's Python device has its LED switched on and off",
  async () => {
    const { brokerUrl } = await startTestServer();
    const program = path.join(await createTemporaryFolder(), "app.py");
    await writeFile(program, LESSON_PROGRAM);
    const device = spawn(PYTHON_WITH_PAHO!, [program, new URL(brokerUrl).port]);
    onTestFinished(() => void device.kill("SIGKILL"));
    let out = "";
    let err = "";
    device.stdout.on("data", (text: Buffer) => (out += text.toString()));
    device.stderr.on("data", (text: Buffer) => (err += text.toString()));
    await eventually(() => /led True\s+led False\s+led True/.test(out) || err.includes("Traceback"), {
      what: "the LED",
    });
    expect(err).not.toContain("Traceback");
    expect(out).toMatch(/led True\s+led False\s+led True/);
  },
);
