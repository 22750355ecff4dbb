/** Documented commands for maintainers who publish a release. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import type { Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a release",
    steps: [
      { command: "npm run release -- address OWNER/NAME" },
      { command: "npm run release -- version 1.2.0" },
      { command: "npm run release -- check v1.2.0", exitCode: 1, expectedOutput: /CHANGELOG\.md has no notes/ },
    ],
    check: async ({ folder }) => {
      const manifest = JSON.parse(await readFile(path.join(folder, "server/package.json"), "utf8")) as object;
      expect(manifest).toMatchObject({ version: "1.2.0", bugs: "https://github.com/OWNER/NAME/issues" });
    },
  },
];
