/**
 * Runs the commands of the documentation in a shell, in a copy of the repository. COMMANDS_NOT_RUN lists the exceptions
 * with reasons. A command that is neither in a scenario nor in COMMANDS_NOT_RUN fails the first test.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isMissing, findProgram } from "../support/programs.js";
import { PYTHON_WITH_PAHO } from "../support/python.js";
import { commandsOf, PAGES, ROOT, findUntaggedBlocks } from "./support/pages.js";
import { startApiServer, writeCertificate } from "./support/fixtures.js";
import { Sandbox, type CommandStep } from "./support/sandbox.js";

/** Commands of the documentation that this test does not run, with the reason for each. */
const COMMANDS_NOT_RUN: Readonly<Record<string, string>> = {
  // These commands take minutes, or change files of the repository.
  "npm run check": "takes a minute or more; CI runs it before any test",
  "npm run format": "rewrites files",
  "npm run chaos": "takes minutes; test/chaos/chaos.test.ts has a run of two minutes",
  "npm run chaos -- --seed 7 --minutes 3": "takes minutes",
  "npm run chaos -- --seed 11 --minutes 3": "takes minutes",
  "npm run chaos -- --seed 7 --minutes 30 --broker mosquitto --boards 4": "takes half an hour",
  'npm run chaos -- --fault "black hole" --minutes 1 --log chaos.log': "takes more than a minute",
  "npm run bench": "takes minutes; test/bench/loop.test.ts has a short run",
  "npm run bench -- all --full --write": "takes twenty minutes, and rewrites a page",
  "npm run bench -- --help": "test/bench/loop.test.ts tests the command line",
  "npm run bench -- history --full": "takes minutes and 300 MB",
  "npm run bench -- mqtt": "takes three minutes",
  "npm run bench -- loop --loop cold": "takes minutes; test/bench/loop.test.ts measures a server whose devices are new",
  "npm run bench:cluster": "takes minutes, Redis and Mosquitto",
  "nightlight-server --broker mqtt://broker.example.org --state redis://redis.example.org --history postgres://nightlight@db.example.org/nightlight":
    "uses example addresses; test/server/cluster.test.ts and history-postgres.test.ts run real ones",
  "npm run fleet -- --devices 100000": "takes minutes; test/sim/fleet/main.test.ts has a small run",
  "npm run fleet -- --devices 100000 --rate 5000": "the same",
  "npm run fleet -- --devices 100000 --rate 200 --seconds 15": "the same",
  "npm run fleet -- --devices 100 --vms 20": "the same",
  "npm run fleet -- --broker mqtt://me:secret@broker.example.org --prefix test --devices 5000":
    "uses an example broker; test/sim/fleet/fleet.test.ts runs with Mosquitto",
  "npm run fleet -- --help": "test/sim/fleet/main.test.ts tests the command line",
  "npx vitest run test/docs": "this test is part of it",
  "NIGHTLIGHT_LONG=1 npx vitest run test/server/fuzz-accounts.test.ts":
    "takes minutes; the same test runs with a fixed seed",
  "npx vitest run test/mqtt test/packages": "they run with all other tests",
  "npx devicescript run packages/devicescript-mqtt/test/main.ts --test -k": "test/packages runs it",
  "npm run bench:protocols": "test/docs/protocols.test.ts runs it",
  "npm run setup": "asks questions; test/setup/run.test.ts answers them, and a scenario here runs it with flags",
  // These commands run as part of other commands.
  "npm ci": "runs as part of `npm ci && npm start`",
  "npm start": "runs as part of `npm ci && npm start`",
  "npm run test:all": "runs all tests, and so this one",
  "npm test": "runs as part of `npm ci && npm test`",
  // These commands need the internet.
  'pip install "esptool<5"': "installs from the internet",
  'python3 -m pip install "esptool>=4.5,<5"': "installs from the internet",
  'pipx install "esptool<5"': "installs from the internet",
  "nightlight-server --broker mqtts://broker.example.org --username me --topic-prefix my-house --id 1f3b2a":
    "uses an example broker; test/server/remote-broker.test.ts connects to a real one",
  // These commands need a board. The tests in test/flash/ simulate one.
  "npm run flash -- --board qt_py_esp32c3 --port /dev/ttyACM0": "would write to a connected board",
  "esptool --after no_reset chip_id": "part of `npm run flash`; test/flash/esptool.test.ts tests it",
  "esptool --port … --baud … write_flash <offset> <image>": "the same",
  "devs flash esp32 --board … --remote": "the same",
  "devs init": "DeviceScript's own command; test/mqtt/example.test.ts creates such a project",
  // These commands are incomplete.
  "npm install": "a warning not to run it without `npm run build`",
  "npm run sim": "other scenarios run it with flags",
  "code --install-extension devicescript.vsix": "needs VS Code, and a file from the internet",
  "nightlight-server user password | remove | list": "three commands; test/server/user-command.test.ts runs each",
  "nightlight-server --broker": "only a flag",
  "nightlight-server user": "a group of commands",
  "curl -u name": "only a flag; test/server/login.test.ts tests it",
  "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/devices": "needs an account; test/server/http-docs.test.ts runs it", // prettier-ignore
  "systemctl reload": "incomplete",
  "sudo mosquitto_passwd /etc/mosquitto/nightlight.passwd porch": "asks for a password at the terminal",
  "NIGHTLIGHT_PASSWORD=… nightlight-server --broker mqtt://127.0.0.1:1883 --username nightlight-server":
    "test/server/mosquitto-conf.test.ts runs it",
};

/** Commands that need accounts or a server in a certain state. test/server/http-docs.test.ts runs these commands. */
const COMMANDS_RUN_ELSEWHERE = /^curl .*\/api\/(users|login-sessions|first-administrator|new-board)/;

/** Commands that run one after the other in a fresh copy of the repository. */
interface Scenario {
  readonly name: string;
  readonly steps: readonly CommandStep[];
  /** Prepares the scenario, for example by starting a server that runs until the scenario ends. */
  readonly prepare?: (sandbox: Sandbox) => Promise<void>;
  /** Checks the effects of the scenario after its last command. */
  readonly check?: (sandbox: Sandbox) => Promise<void>;
  /** Additional files in the copy, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A program without which the scenario is skipped, and its name in the warning. */
  readonly requiredProgram?: readonly [program: string | undefined, name: string];
}

const MOSQUITTO_CLIENTS_REQUIREMENT = [findProgram("mosquitto_pub"), "mosquitto_pub and mosquitto_sub"] as const;
const CURL_REQUIREMENT = [findProgram("curl"), "curl"] as const;
const SERVER_READY_LINE = /Dashboard and API at http/;
/** The last output of `npm run flash` and similar commands without a board: the problem and a remedy. */
const NO_BOARD_ERROR = /^Failed\.\n.*\n {2}What to do: /m;

const SCENARIOS: readonly Scenario[] = [
  {
    name: "a first look, from any MQTT client",
    requiredProgram: MOSQUITTO_CLIENTS_REQUIREMENT,
    steps: [
      {
        command: "npm ci && npm start",
        keepsRunning: true,
        expectedOutput: /Message received: nightlight\/sim-1 \{"light":\d+/,
      },
      {
        command: "mosquitto_sub -t 'nightlight/#' -v",
        runsUntilStopped: true,
        expectedOutput: /^nightlight\/sim-1\/\w+ \{/m,
      },
      { command: `mosquitto_pub -t nightlight/sim-1/commands -m '{"led_on": true}'` },
      { command: `mosquitto_pub -t <id>/set -m '{"mode": "auto"}'`, replacements: { "<id>": "nightlight/sim-1" } },
    ],
  },
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
    name: "three boards",
    steps: [
      { command: "npm start -- --boards 3", runsUntilStopped: true, expectedOutput: /nightlight\/sim-3 \{"light"/ },
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
      { command: "npm run server -- --help", expectedOutput: /Usage: nightlight-server/ },
      { command: "npm ci && npm run server", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
    ],
  },
  {
    name: "two zones and an override",
    requiredProgram: MOSQUITTO_CLIENTS_REQUIREMENT,
    steps: [
      { command: "npm run server -- config init", expectedOutput: /nightlight\.yaml/ },
      { command: "npm run server -- config check", expectedOutput: /2 zones/ },
      { command: "npm start -- --boards 4", keepsRunning: true, expectedOutput: /nightlight\/sim-4 \{"light"/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/zones/hall/mode -H "content-type: application/json" -d '{"mode": "off", "for": 7200000}'`,
        expectedOutput: /"mode":"off"/,
      },
      { command: `mosquitto_pub -t nightlight/zones/hall/set -m '{"mode": "auto"}'` },
    ],
  },
  {
    name: "a packed and installed server with accounts and TLS",
    prepare: (sandbox) => writeCertificate(sandbox.folder),
    steps: [
      { command: "cd server && npm pack && npm install -g nightlight-server-*.tgz", expectedOutput: /added|changed/ },
      {
        command: "nightlight-server user add me",
        typedAnswers: ["correct horse", "correct horse"],
        expectedOutput: /me/,
      },
      { command: "nightlight-server user add porch --device nightlight/porch --generate", expectedOutput: /\S{20,}/ },
      {
        command: "nightlight-server --host 0.0.0.0 --tls-cert fullchain.pem --tls-key privkey.pem",
        replacements: { "nightlight-server": "NIGHTLIGHT_MQTTS_PORT=0 nightlight-server" },
        runsUntilStopped: true,
        expectedOutput: /Dashboard and API at https/,
      },
    ],
  },
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
    name: "the installation in operations.md",
    steps: [
      { command: "npm pack --workspace server", expectedOutput: /nightlight-server-\S+\.tgz/ },
      { command: "sudo npm install --global ./nightlight-server-*.tgz", expectedOutput: /added|changed/ },
      { command: "nightlight-server", runsUntilStopped: true, expectedOutput: SERVER_READY_LINE },
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
      // doctor returns 1, because the sandbox lacks esptool or another requirement
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
  {
    name: "the installation of Mosquitto's configuration files",
    requiredProgram: [findProgram("mosquitto_passwd"), "mosquitto_passwd"],
    files: { "etc/mosquitto/conf.d/README": "" },
    steps: [
      "sudo cp mosquitto.conf /etc/mosquitto/conf.d/nightlight.conf",
      "sudo cp nightlight.acl /etc/mosquitto/nightlight.acl",
      "sudo touch /etc/mosquitto/nightlight.passwd",
      'sudo mosquitto_passwd -b /etc/mosquitto/nightlight.passwd nightlight-server "$(openssl rand -hex 16)"',
      "sudo chown mosquitto: /etc/mosquitto/nightlight.*",
      "sudo chmod 600 /etc/mosquitto/nightlight.*",
      "sudo systemctl restart mosquitto",
      "sudo systemctl reload mosquitto",
    ].map((command) => ({
      command,
      folder: "docs/how-to/mosquitto",
      replacements: { "/etc/mosquitto": "$REPOSITORY/etc/mosquitto" },
    })),
    check: async (sandbox) => {
      const passwords = path.join(sandbox.folder, "etc/mosquitto/nightlight.passwd");
      expect(await readFile(passwords, "utf8")).toMatch(/^nightlight-server:\$/);
      expect(await sandbox.readRecordedCalls()).toMatch(/systemctl restart mosquitto\nsystemctl reload mosquitto/);
    },
  },
  {
    name: "the service, its log and its backup",
    files: { "var/lib/private/nightlight/users.json": "{}" },
    steps: [
      {
        command:
          "sudo systemd-run --pty --property=DynamicUser=yes --property=User=nightlight --property=StateDirectory=nightlight --setenv=NIGHTLIGHT_DATA=/var/lib/nightlight /usr/bin/env nightlight-server user add me",
      },
      { command: "sudo systemctl stop nightlight-server" },
      {
        command: "sudo tar czf nightlight-$(date +%F).tar.gz -C /var/lib/private nightlight",
        replacements: { "/var/lib/private": "$REPOSITORY/var/lib/private" },
      },
      { command: "sudo systemctl start nightlight-server" },
      { command: "systemctl reload nightlight-server" },
      { command: "journalctl -u nightlight-server -f" },
      // grep finds nothing and returns 1, because a fake program without output replaces journalctl
      { command: `journalctl -u nightlight-server -o cat | grep '"event":"rejected"'`, exitCode: 1 },
      { command: "sudo apt install python3-paho-mqtt" },
    ],
    check: async (sandbox) => {
      const calls = await sandbox.readRecordedCalls();
      expect(calls).toMatch(/^systemd-run --pty .* nightlight-server user add me$/m);
      expect(calls).toMatch(/systemctl stop nightlight-server\nsystemctl start nightlight-server/);
    },
  },
  {
    name: "a Raspberry Pi",
    requiredProgram: [PYTHON_WITH_PAHO, "Python with paho-mqtt"],
    steps: [
      {
        command: "python3 nightlight_device.py --host 192.168.1.20 --id nightlight/pi",
        folder: "docs/examples",
        replacements: {
          "192.168.1.20": "127.0.0.1 --port $NIGHTLIGHT_MQTT_PORT",
          python3: PYTHON_WITH_PAHO ?? "python3",
        },
        runsUntilStopped: true,
        expectedOutput: /lamp (on|off)/,
      },
    ],
    prepare: startApiServer,
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

const SCENARIO_COMMANDS = new Set(SCENARIOS.flatMap(({ steps }) => steps.map(({ command }) => command)));

describe("every command of the documentation", () => {
  const documented = new Map(PAGES.flatMap((page) => [...commandsOf(page)].map((command) => [command, page] as const)));

  test("runs here, or is listed with a reason", () => {
    const missingHere = [...documented].filter(
      ([command]) =>
        !SCENARIO_COMMANDS.has(command) && !(command in COMMANDS_NOT_RUN) && !COMMANDS_RUN_ELSEWHERE.test(command),
    );
    expect(missingHere).toEqual([]);
  });

  test("no step or reason of this test belongs to an undocumented command", () => {
    expect(
      [...SCENARIO_COMMANDS, ...Object.keys(COMMANDS_NOT_RUN)].filter((command) => !documented.has(command)),
    ).toEqual([]);
  });

  test("is in a code block with a language", () => {
    expect(PAGES.flatMap(findUntaggedBlocks)).toEqual([]);
  });

  test("uses only npm scripts that exist in package.json", async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const called = [...documented.keys()].flatMap((command) => /\bnpm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });
});

// the scenarios need a Unix shell and signals
describe.skipIf(process.platform === "win32")("the commands of the documentation work for", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.open();
  });
  afterAll(() => sandbox?.close());

  for (const { name, steps, prepare, check, files, requiredProgram } of SCENARIOS)
    test.skipIf(requiredProgram && isMissing(requiredProgram[0], requiredProgram[1]))(
      name,
      async () => {
        await sandbox.reset(files);
        onTestFinished(() => sandbox.stopPrograms());
        await prepare?.(sandbox);
        for (const step of steps) await sandbox.runStep(step);
        await sandbox.stopPrograms();
        await check?.(sandbox);
      },
      180_000,
    );
});
