import { spawnSync } from "node:child_process";

/** A Python that has Paho, which the lesson's programs use. */
export const PYTHON_WITH_PAHO = ["python3", "/usr/bin/python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import paho.mqtt.client"], { timeout: 10_000 }).status === 0,
);
