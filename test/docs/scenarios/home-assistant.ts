/** Documented commands that connect Home Assistant. */
import { startApiServer } from "../support/fixtures.js";
import { CURL_REQUIREMENT, SERVER_READY_LINE, type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "an account for Home Assistant",
    steps: [
      {
        command: "nightlight-server user add me",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /me/,
      },
      {
        command: "nightlight-server user add homeassistant --home-assistant --generate",
        expectedOutput: /Home Assistant, which can .*\S{20,}/s,
      },
      {
        command: "nightlight-server user password homeassistant --generate",
        expectedOutput: /\S{20,}/,
      },
      { command: "nightlight-server --host 0.0.0.0", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
    ],
  },
  {
    name: "what the server has refused",
    requiredProgram: CURL_REQUIREMENT,
    prepare: startApiServer,
    steps: [{ command: "curl http://127.0.0.1:8080/api/rejections", expectedOutput: /\[\]/ }],
  },
];
