/** Documented commands of the pages for learners of the lesson. */
import { PYTHON_WITH_PAHO } from "../../support/python.js";
import { writeLessonProgram } from "../support/lesson/programs.js";
import { MQTT_CLIENT_REPLACEMENTS, SERVER_READY_LINE, type Scenario } from "../support/scenario.js";

const replacements = MQTT_CLIENT_REPLACEMENTS;
const PYTHON_REPLACEMENT = { "python ": `${PYTHON_WITH_PAHO} ` };
const PYTHON_REQUIREMENT = [PYTHON_WITH_PAHO, "Python with paho-mqtt"] as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a plant that needs water",
    steps: [
      { command: "npm start -- --no-simulator", keepsRunning: true, expectedOutput: SERVER_READY_LINE },
      { command: `npx mqtt pub -t garden/bed/telemetry -m '{"light": 150}'`, replacements },
      {
        command: "npx mqtt sub -t garden/bed/commands",
        replacements,
        runsUntilStopped: true,
        expectedOutput: /^\{"led_on":true\}$/m,
      },
      { command: `npx mqtt pub -t garden/bed/telemetry -m '{"light": 700}'`, replacements },
      {
        command: "npx mqtt sub -t garden/bed/commands",
        replacements,
        runsUntilStopped: true,
        expectedOutput: /^\{"led_on":false\}$/m,
      },
    ],
  },
  {
    name: "a device of the lesson and Nightlight's server",
    requiredProgram: PYTHON_REQUIREMENT,
    prepare: (sandbox) => writeLessonProgram(sandbox, "device"),
    steps: [
      { command: "npm start -- --no-simulator", keepsRunning: true, expectedOutput: SERVER_READY_LINE },
      {
        command: "python app.py",
        folder: "lesson/device",
        replacements: PYTHON_REPLACEMENT,
        runsUntilStopped: true,
        expectedOutput: /^Light level: 150$[^]*^Message received: \{'led_on': True\}$/m,
      },
      {
        command: "python docs/examples/nightlight_device.py --id nightlight/lesson",
        replacements: { ...PYTHON_REPLACEMENT, "--id": "--port $NIGHTLIGHT_MQTT_PORT --id" },
        runsUntilStopped: true,
        expectedOutput: /lamp (on|off)/,
      },
    ],
  },
  {
    name: "Nightlight's board and a server of the lesson",
    requiredProgram: PYTHON_REQUIREMENT,
    prepare: (sandbox) => writeLessonProgram(sandbox, "server", "nightlight/sim-1"),
    steps: [
      {
        command: "npm run broker",
        replacements: { "run broker": "run broker -- --port $NIGHTLIGHT_MQTT_PORT" },
        keepsRunning: true,
        expectedOutput: /^MQTT broker at mqtt:/m,
      },
      {
        command: "npm run sim",
        replacements: { "run sim": "run sim -- --broker mqtt://127.0.0.1:1883" },
        keepsRunning: true,
        expectedOutput: /nightlight\/sim-1 +connected/,
      },
      {
        command: "python app.py",
        folder: "lesson/server",
        replacements: PYTHON_REPLACEMENT,
        runsUntilStopped: true,
        expectedOutput: /^Message received: \{'light': \d+, .*\}\nSending message: \{'led_on': (True|False)\}$/m,
      },
    ],
  },
];
