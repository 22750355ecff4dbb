/** Documented commands of the frequently asked questions. */
import { SERVER_READY_LINE, type Scenario } from "../support/scenario.js";

const USER_REPLACEMENT = { NAME: "me" };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a forgotten password",
    steps: [
      {
        command: "npm run server -- user add me",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /me/,
      },
      {
        command: "npm run server -- user password NAME",
        replacements: USER_REPLACEMENT,
        typedAnswers: ["another horse", "another horse"],
        expectedOutput: /me/,
      },
      {
        command: "nightlight-server user password NAME",
        replacements: USER_REPLACEMENT,
        typedAnswers: ["the third horse", "the third horse"],
        expectedOutput: /me/,
      },
    ],
  },
  {
    name: "other ports, and the end",
    steps: [
      {
        command: "npm start -- --http-port 8090 --mqtt-port 1884",
        replacements: { 8090: "$NIGHTLIGHT_HTTP_PORT", 1884: "$NIGHTLIGHT_MQTT_PORT" },
        runsUntilStopped: true,
        expectedOutput: SERVER_READY_LINE,
      },
      { command: "sudo npm uninstall --global nightlight-server" },
    ],
  },
];
