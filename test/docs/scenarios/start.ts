/** Documented commands for starting the server and simulated boards. */
import {
  CURL_REQUIREMENT,
  MQTT_CLIENT_REPLACEMENTS,
  MOSQUITTO_CLIENTS_REQUIREMENT,
  SERVER_READY_LINE,
  type Scenario,
} from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a first look, from any MQTT client",
    requiredProgram: MOSQUITTO_CLIENTS_REQUIREMENT,
    steps: [
      {
        command: "npm ci && npm start",
        keepsRunning: true,
        expectedOutput: /Ready: open http[^]*nightlight\/sim-1 is (now )?o/,
      },
      {
        command: 'npx mqtt sub -t "nightlight/#" -v',
        replacements: MQTT_CLIENT_REPLACEMENTS,
        runsUntilStopped: true,
        expectedOutput: /^nightlight\/sim-1\/\w+ \{/m,
      },
      {
        command: `npx mqtt pub -t nightlight/sim-1/set -m '{"mode": "on"}'`,
        replacements: MQTT_CLIENT_REPLACEMENTS,
      },
      {
        command: `npx mqtt pub -t nightlight/sim-1/set -m '{"mode": "auto"}'`,
        replacements: MQTT_CLIENT_REPLACEMENTS,
      },
      { command: `mosquitto_pub -t <id>/set -m '{"mode": "auto"}'`, replacements: { "<id>": "nightlight/sim-1" } },
    ],
  },
  {
    name: "three boards",
    steps: [
      { command: "npm start -- --help", expectedOutput: /--boards/ },
      { command: "npm start -- --boards 3", runsUntilStopped: true, expectedOutput: /nightlight\/sim-3 is (now )?o/ },
    ],
  },
  {
    name: "a server without simulated boards, and simulated boards for it",
    steps: [
      { command: "npm start -- --no-simulator", keepsRunning: true, expectedOutput: SERVER_READY_LINE },
      {
        command: "npm run sim -- --broker mqtt://HOST --boards 5",
        replacements: { HOST: "127.0.0.1:1883" },
        runsUntilStopped: true,
        expectedOutput: /sim-5.*connected/,
      },
    ],
  },
  {
    name: "the server from the checkout",
    steps: [
      { command: "npm run server", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
      { command: "npm ci && npm run server", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
    ],
  },
  {
    name: "two zones and an override",
    requiredProgram: CURL_REQUIREMENT,
    steps: [
      { command: "npm run server -- config init", expectedOutput: /nightlight\.yaml/ },
      { command: "npm run server -- config check", expectedOutput: /2 zones/ },
      {
        command: "npm start -- --boards 4 --light 600 --data tutorial-data",
        keepsRunning: true,
        expectedOutput: /nightlight\/sim-4 is (now )?o/,
      },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/zones/hall/mode -H "content-type: application/json" -d '{"mode": "off", "for": 7200000}'`,
        expectedOutput: /"mode":"off"/,
      },
      {
        command: `npx mqtt pub -t nightlight/zones/hall/set -m '{"mode": "auto"}'`,
        replacements: MQTT_CLIENT_REPLACEMENTS,
      },
    ],
  },
];
