/** Documented commands for the HTTP API. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { startApiServer } from "../support/fixtures.js";
import { CURL_REQUIREMENT, type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "the HTTP API, by curl",
    requiredProgram: CURL_REQUIREMENT,
    prepare: startApiServer,
    steps: [
      { command: "curl http://127.0.0.1:8080/api/openapi.json", expectedOutput: /"openapi":"3\.1/ },
      { command: "curl http://127.0.0.1:8080/api/devices/nightlight/porch", expectedOutput: /"light":212/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/devices/nightlight/porch/mode -H 'content-type: application/json' -d '{"mode": "on", "for": 7200000}'`,
        expectedOutput: /"mode":"on"/,
      },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/devices/nightlight/porch/mode -H 'content-type: application/json' -d '{"mode": "auto"}'`,
        expectedOutput: /"mode":"auto"/,
      },
      {
        command: `curl -X POST 'http://127.0.0.1:8080/api/devices/nightlight/attic/actions?wait=5' -H 'content-type: application/json' -d '{"action": "report", "expires": 60}'`,
        expectedOutput: /"outcome":"done"/,
      },
      { command: "curl -X DELETE http://127.0.0.1:8080/api/devices/nightlight/attic" },
      {
        command: `curl -X POST http://127.0.0.1:8080/api/new-board -H 'content-type: application/json' -d '{"id": "nightlight/porch"}'`,
        expectedOutput: /"update_url":"ws:\/\/wssk:[0-9a-f]{64}@127\.0\.0\.1:\d+\/updates\/nightlight\/porch"/,
      },
      { command: "curl http://127.0.0.1:8080/api/updates", expectedOutput: /"rollout":null/ },
      { command: "curl http://127.0.0.1:8080/api/zones/garden", expectedOutput: /"label":"Garden"/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/zones/garden/mode -H 'content-type: application/json' -d '{"mode": "off", "for": 3600000}'`,
        expectedOutput: /"mode":"off"/,
      },
      { command: "curl http://127.0.0.1:8080/api/alerts", expectedOutput: /\[/ },
      { command: "curl http://127.0.0.1:8080/api/alert-channels", expectedOutput: /\[\]/ },
      { command: "curl -X POST http://127.0.0.1:8080/api/alert-channels/test", expectedOutput: /there is no channel/ },
      { command: "curl http://127.0.0.1:8080/api/settings", expectedOutput: /"zones":{"garden":/ },
      {
        command: `curl -X PATCH http://127.0.0.1:8080/api/settings -H 'if-match: *' -H 'content-type: application/json' -d '{"rule": {"threshold": 280, "min_on": "10 s"}}'`,
        expectedOutput: /"changed":\["rule > threshold","rule > min_on"/,
      },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/settings/devices/nightlight/porch -H 'if-match: *' -H 'content-type: application/json' -d '{"label": "Porch"}'`,
        expectedOutput: /"changed":\["devices > nightlight\/porch > label"\]/,
      },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/settings/zones/garden/name -H 'if-match: *' -H 'content-type: application/json' -d '{"name": "park"}'`,
        expectedOutput: /"zones":{"park":/,
      },
      {
        command: "curl -X DELETE http://127.0.0.1:8080/api/settings/zones/park -H 'if-match: *'",
        expectedOutput: /"zones":{}/,
      },
      {
        command: "curl 'http://127.0.0.1:8080/api/history?device=nightlight/porch&points=800'",
        expectedOutput: /"points":\[\{/,
      },
      {
        command: "curl -o porch.csv 'http://127.0.0.1:8080/api/history.csv?device=nightlight/porch&from=2026-01-01'",
      },
      {
        command: "curl -N http://127.0.0.1:8080/api/events",
        runsUntilStopped: true,
        expectedOutput: /^event: devices/m,
      },
      { command: "curl http://127.0.0.1:8080/api/sessions", expectedOutput: /"client_id":"old-phone"/ },
      { command: "curl -X DELETE 'http://127.0.0.1:8080/api/sessions?client_id=old-phone'" },
      { command: "curl -f http://127.0.0.1:8080/healthz", expectedOutput: /"ok":true/ },
      { command: "curl -f http://127.0.0.1:8080/readyz", expectedOutput: /"ok":true/ },
      { command: "curl http://127.0.0.1:8080/api/status", expectedOutput: /"version"/ },
      { command: "curl http://127.0.0.1:8080/metrics", expectedOutput: /nightlight_messages_received_total/ },
    ],
    check: async ({ folder }) => {
      expect(await readFile(path.join(folder, "porch.csv"), "utf8")).toMatch(/^time,light,led_on,by,reason\r?\n/);
    },
  },
];
