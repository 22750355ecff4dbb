/** Documented commands for the subcommands of `nightlight-server`. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { startApiServer } from "../support/fixtures.js";
import { SERVER_READY_LINE, type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a server for a board on the network",
    steps: [
      {
        command: "npm run server -- user add me",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /me/,
      },
      { command: "npm run server -- user add porch --device nightlight/porch --generate", expectedOutput: /\S{20,}/ },
      { command: "npm run server -- --host 0.0.0.0", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
    ],
  },
  {
    name: "accounts",
    files: { "password.txt": "correct horse\n" },
    steps: [
      {
        command: "nightlight-server user add ann",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /ann/,
      },
      {
        command: "nightlight-server user add tablet --reader --password-stdin",
        replacements: { stdin: "stdin < password.txt" },
      },
      { command: "nightlight-server user token ann --expires 90d", expectedOutput: /\S{20,}/ },
      {
        command: "nightlight-server user add wall --reader",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /wall/,
      },
      { command: "nightlight-server user token wall", expectedOutput: /\S{20,}/ },
      {
        command: "nightlight-server user add NAME",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /NAME/,
      },
      { command: "nightlight-server user token NAME", expectedOutput: /\S{20,}/ },
      { command: "nightlight-server user token NAME --expires 90d", expectedOutput: /expires on/ },
      { command: "nightlight-server user list", expectedOutput: /token \S{8}.*expires 20/ },
    ],
  },
  {
    name: "configuration",
    steps: [
      { command: "nightlight-server config init", expectedOutput: /nightlight\.yaml/ },
      { command: "nightlight-server config check", expectedOutput: /2 zones/ },
      {
        command: "nightlight-server config check FILE",
        replacements: { FILE: "nightlight.yaml" },
        expectedOutput: /2 zones/,
      },
      { command: "nightlight-server config print", expectedOutput: /threshold: 300/ },
      { command: "nightlight-server config schema > nightlight.schema.json" },
    ],
    check: async ({ folder }) => {
      const schema = JSON.parse(await readFile(path.join(folder, "nightlight.schema.json"), "utf8")) as object;
      expect(schema).toHaveProperty("properties.zones");
    },
  },
  {
    name: "MQTT sessions",
    prepare: startApiServer,
    steps: [
      { command: "nightlight-server sessions list", expectedOutput: /^old-phone\t-\taway\t1\t/m },
      {
        command: "nightlight-server sessions end old-phone",
        expectedOutput: /^Ended the session old-phone: /m,
      },
    ],
  },
];
