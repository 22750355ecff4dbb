/** Documented commands for building and testing a checkout and for adding a board. */
import { type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "the tests",
    steps: [
      { command: "npm ci && npm test", expectedOutput: /1 passed/ },
      { command: "npx vitest run test/contract/rule.test.ts", expectedOutput: /1 passed/ },
      { command: "npx vitest run test/contract -t hysteresis", expectedOutput: /passed/ },
      { command: "npx vitest run test/server/config-docs.test.ts -u", expectedOutput: /1 passed/ },
    ],
  },
  {
    name: "boards",
    steps: [
      { command: "npm run build" },
      { command: "npm run docs" },
      {
        command:
          'npm run board -- add lolin_c3_mini --base esp32c3 --light P3 --lamp P10 --title "WEMOS LOLIN C3 mini"',
        expectedOutput: /main_lolin_c3_mini/,
      },
      { command: "npm run board -- check", expectedOutput: /ok .*lolin_c3_mini/ },
    ],
  },
];
