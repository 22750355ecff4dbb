/** The lesson's Python server, on the MQTT library Paho. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.js";

const PYTHON_SOURCE = fileURLToPath(new URL("programs/lesson.py", import.meta.url));

let pythonCommand: string | undefined;

export const pythonServer: Peer = {
  name: "lesson",
  title: "the lesson's server, Python on Paho",
  brokerKinds: ["mosquitto"],
  payloadFormat: "lesson",
  async findInstallHint() {
    pythonCommand = ["python3", "/usr/bin/python3", "python"].find(
      (command) => spawnSync(command, ["-c", "import paho.mqtt.client"], { timeout: 10_000 }).status === 0,
    );
    return pythonCommand === undefined ? "apt-get install python3-paho-mqtt, or pip install paho-mqtt" : undefined;
  },
  createStartCommand: async ({ port, qos }) => ({
    command: pythonCommand!,
    args: [PYTHON_SOURCE, String(port), String(qos)],
  }),
};
