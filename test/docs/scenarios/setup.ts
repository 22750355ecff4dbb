/** Documented commands for setting up and flashing a board. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { NO_BOARD_ERROR, type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "setup, doctor, and flashing without a board",
    // runs only on Linux, because on other systems the commands could find a connected board and write to it
    requiredProgram: [process.platform === "linux" ? "Linux" : undefined, "Linux"],
    files: { "password.txt": "correct horse\n" },
    steps: [
      {
        command:
          "npm run setup -- --yes --wifi-ssid home --wifi-password-stdin --broker mqtt://192.168.1.20 < password.txt",
        replacements: { "192.168.1.20": "127.0.0.1:1883 --no-check" },
        expectedOutput: /\.env\.local/,
      },
      // doctor returns 1, because no broker answers at the address in .env.local
      { command: "npm run doctor", exitCode: 1, expectedOutput: /^ *todo /m },
      { command: "npm run doctor -- --json", exitCode: 1, expectedOutput: /"todo"/ },
      { command: "npm run flash", exitCode: 1, expectedOutput: NO_BOARD_ERROR },
      { command: "npm run flash -- --board nightlight_xiao_esp32c3", exitCode: 1, expectedOutput: NO_BOARD_ERROR },
      { command: "npm run deploy", exitCode: 1, expectedOutput: NO_BOARD_ERROR },
      { command: "npm run monitor", exitCode: 1, expectedOutput: NO_BOARD_ERROR },
      { command: "sudo usermod -aG dialout $USER" },
    ],
    check: async (sandbox) => {
      expect(await readFile(path.join(sandbox.folder, ".env.local"), "utf8")).toContain("WIFI_SSID=home");
      expect(await sandbox.readRecordedCalls()).toMatch(/^usermod -aG dialout/m);
    },
  },
];
