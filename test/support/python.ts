import { spawnSync } from "node:child_process";

/** A Python command with the MQTT library Paho, which the lesson's programs use; undefined if no Python has Paho. */
export const PYTHON_WITH_PAHO = ["python3", "/usr/bin/python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import paho.mqtt.client"], { timeout: 10_000 }).status === 0,
);
