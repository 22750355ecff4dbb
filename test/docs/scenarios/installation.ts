/** Documented commands for installing the server as a package. */
import { SERVER_READY_LINE, type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a packed and installed server, first alone and then with an account on the network",
    steps: [
      { command: "npm pack --workspace server", expectedOutput: /nightlight-server-\S+\.tgz/ },
      { command: "sudo npm install --global ./nightlight-server-*.tgz", expectedOutput: /added|changed/ },
      { command: "nightlight-server", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
      {
        command: "nightlight-server user add me",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /me/,
      },
      { command: "nightlight-server user add porch --device nightlight/porch --generate", expectedOutput: /\S{20,}/ },
      { command: "nightlight-server --host 0.0.0.0", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
    ],
  },
];
