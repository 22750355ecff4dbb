/**
 * Every command in the documents is run: by a shell, as it stands there, in a copy of the repository. What cannot be run is
 * named below, with the reason. A command that is new is run nowhere yet, and fails the first test.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { missing, programAt } from "../support/programs.js";
import { PYTHON_WITH_PAHO } from "../support/python.js";
import { commandsOf, PAGES, ROOT, untaggedBlocks } from "./support/pages.js";
import { apiServer, writeCertificate } from "./support/scenery.js";
import { Workshop, type Step } from "./support/workshop.js";

/** Why a command of the documents is not run here. */
const NOT_RUN: Readonly<Record<string, string>> = {
  // tests and measurements that take minutes; that there is such a script is tested below
  "npm run check": "takes a minute or more; CI runs it before any test",
  "npm run format": "rewrites files",
  "npm run chaos": "takes minutes; test/chaos/chaos.test.ts has a run of two minutes",
  "npm run chaos -- --seed 7 --minutes 3": "takes minutes",
  "npm run chaos -- --seed 11 --minutes 3": "takes minutes",
  "npm run chaos -- --seed 7 --minutes 30 --broker mosquitto --boards 4": "takes half an hour",
  'npm run chaos -- --fault "black hole" --minutes 1 --log chaos.log': "takes more than a minute",
  "npm run bench": "takes minutes; test/bench/loop.test.ts has a short run",
  "npm run bench -- all --full --write": "takes twenty minutes, and rewrites a page",
  "npm run bench -- --help": "test/bench/loop.test.ts asks what is wrong with a command line",
  "npm run bench -- history --full": "takes minutes and 300 MB",
  "npm run bench -- mqtt": "takes three minutes",
  "npm run bench -- loop --loop cold": "takes minutes; test/bench/loop.test.ts measures a server whose devices are new",
  "npm run bench:cluster": "takes minutes, Redis and Mosquitto",
  "nightlight-server --broker mqtt://broker.example.org --state redis://redis.example.org --history postgres://nightlight@db.example.org/nightlight":
    "those are examples; test/server/cluster.test.ts and history-postgres.test.ts join such",
  "npm run fleet -- --devices 100000": "takes minutes; test/sim/fleet/main.test.ts has a small run",
  "npm run fleet -- --devices 100000 --rate 5000": "the same",
  "npm run fleet -- --devices 100000 --rate 200 --seconds 15": "the same",
  "npm run fleet -- --devices 100 --vms 20": "the same",
  "npm run fleet -- --broker mqtt://me:secret@broker.example.org --prefix test --devices 5000":
    "that broker is an example; test/sim/fleet/fleet.test.ts goes to Mosquitto",
  "npm run fleet -- --help": "test/sim/fleet/main.test.ts reads its mistakes",
  "npx vitest run test/docs": "this is it",
  "NIGHTLIGHT_LONG=1 npx vitest run test/server/fuzz-accounts.test.ts":
    "takes minutes; the same test runs with a fixed seed",
  "npm run bench:protocols": "test/docs/protocols.test.ts runs it",
  "npm run setup": "asks a person, question by question; test/setup/run.test.ts answers, and here it is run with flags",
  // run as a part of another
  "npm ci": "`npm ci && npm start` has it",
  "npm start": "`npm ci && npm start` has it",
  "npm test": "`npm ci && npm test` has it",
  // the internet
  'pip install "esptool<5"': "installs from the internet",
  'python3 -m pip install "esptool>=4.5,<5"': "installs from the internet",
  'pipx install "esptool<5"': "installs from the internet",
  "nightlight-server --broker mqtts://broker.example.org --username me --topic-prefix my-house --id 1f3b2a":
    "that broker is an example; test/server/remote.test.ts joins one",
  // boards: none is plugged in here; test/flash/ has stand-ins
  "npm run flash -- --board qt_py_esp32c3 --port /dev/ttyACM0": "would write to a board that is there",
  "esptool --after no_reset chip_id": "what `npm run flash` calls; test/flash/esptool.test.ts looks at it",
  "esptool --port … --baud … write_flash <offset> <image>": "the same",
  "devs flash esp32 --board … --remote": "the same",
  "devs init": "DeviceScript's own; test/mqtt/example.test.ts makes such a project",
  // not whole commands
  "npm install": "names what is not to be done without `npm run build`",
  "npm run sim": "names a command that is run with its flags",
  "code --install-extension devicescript.vsix": "needs VS Code, and a file from the internet",
  "nightlight-server user password | remove | list": "three commands; test/server/user-command.test.ts runs each",
  "nightlight-server --broker": "names a flag",
  "nightlight-server user": "names a group of commands",
  "curl -u name": "names a flag; test/server/login.test.ts logs in so",
  "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/devices": "test/server/http-docs.test.ts runs it; here there is no account", // prettier-ignore
  "systemctl reload": "not whole",
  "sudo mosquitto_passwd /etc/mosquitto/nightlight.passwd porch": "asks at the terminal of the system",
  "NIGHTLIGHT_PASSWORD=… nightlight-server --broker mqtt://127.0.0.1:1883 --username nightlight-server":
    "test/server/mosquitto-conf.test.ts does it",
};

interface Scene {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What has to be there first, and is there until the end. */
  readonly before?: (workshop: Workshop) => Promise<void>;
  /** What it is all to have come to. */
  readonly after?: (workshop: Workshop) => Promise<void>;
  /** Files of the copy, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A program that is needed, and its name for people. */
  readonly needs?: readonly [program: string | undefined, name: string];
}

const MOSQUITTO_CLIENTS = [programAt("mosquitto_pub"), "mosquitto_pub and mosquitto_sub"] as const;
const CURL = [programAt("curl"), "curl"] as const;
const SERVING = /Dashboard and API at http/;
/** With what no board is connected, `npm run flash` and its like end: with the first thing that is missing, and what to do. */
const NO_BOARD = /^It did not work\.\n.*\n {2}What to do: /m;

const SCENES: readonly Scene[] = [
  {
    name: "a first look, from any MQTT client",
    needs: MOSQUITTO_CLIENTS,
    steps: [
      { command: "npm ci && npm start", serves: true, says: /Message received: nightlight\/sim-1 \{"light":\d+/ },
      { command: "mosquitto_sub -t 'nightlight/#' -v", lasts: true, says: /^nightlight\/sim-1\/\w+ \{/m },
      { command: `mosquitto_pub -t nightlight/sim-1/commands -m '{"led_on": true}'` },
      { command: `mosquitto_pub -t <id>/set -m '{"mode": "auto"}'`, with: { "<id>": "nightlight/sim-1" } },
    ],
  },
  {
    name: "the tests",
    steps: [
      { command: "npm ci && npm test", says: /1 passed/ },
      { command: "npx vitest run test/contract/rule.test.ts", says: /1 passed/ },
      { command: "npx vitest run test/contract -t hysteresis", says: /passed/ },
      { command: "npx vitest run test/server/config-docs.test.ts -u", says: /1 passed/ },
    ],
  },
  {
    name: "three boards",
    steps: [{ command: "npm start -- --boards 3", lasts: true, says: /nightlight\/sim-3 \{"light"/ }],
  },
  {
    name: "a server for boards of your own, and boards for it",
    steps: [
      { command: "npm start -- --no-simulator", serves: true, says: SERVING },
      {
        command: "npm run sim -- --broker mqtt://HOST --boards 5",
        with: { HOST: "127.0.0.1:1883" },
        lasts: true,
        says: /sim-5.*connected/,
      },
    ],
  },
  {
    name: "the server from the checkout",
    steps: [
      { command: "npm run server -- --help", says: /Usage: nightlight-server/ },
      { command: "npm ci && npm run server", lasts: true, says: SERVING },
    ],
  },
  {
    name: "two zones and an override",
    needs: MOSQUITTO_CLIENTS,
    steps: [
      { command: "npm run server -- config init", says: /nightlight\.yaml/ },
      { command: "npm run server -- config check", says: /2 zones/ },
      { command: "npm start -- --boards 4", serves: true, says: /nightlight\/sim-4 \{"light"/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/zones/hall/mode -H "content-type: application/json" -d '{"mode": "off", "for": 7200000}'`,
        says: /"mode":"off"/,
      },
      { command: `mosquitto_pub -t nightlight/zones/hall/set -m '{"mode": "auto"}'` },
    ],
  },
  {
    name: "a server that stays: packed, installed, with accounts and TLS",
    before: (workshop) => writeCertificate(workshop.folder),
    steps: [
      { command: "cd server && npm pack && npm install -g nightlight-server-*.tgz", says: /added|changed/ },
      { command: "nightlight-server user add me", types: ["correct horse", "correct horse"], says: /me/ },
      { command: "nightlight-server user add porch --device nightlight/porch --generate", says: /\S{20,}/ },
      {
        command: "nightlight-server --host 0.0.0.0 --tls-cert fullchain.pem --tls-key privkey.pem",
        with: { "nightlight-server": "NIGHTLIGHT_MQTTS_PORT=0 nightlight-server" },
        lasts: true,
        says: /Dashboard and API at https/,
      },
    ],
  },
  {
    name: "a server for a board on the network",
    steps: [
      { command: "npm run server -- user add me", types: ["correct horse", "correct horse"], says: /me/ },
      { command: "npm run server -- user add porch --device nightlight/porch --generate", says: /\S{20,}/ },
      { command: "npm run server -- --host 0.0.0.0", lasts: true, says: SERVING },
    ],
  },
  {
    name: "installing as operations.md says it",
    steps: [
      { command: "npm pack --workspace server", says: /nightlight-server-\S+\.tgz/ },
      { command: "sudo npm install --global ./nightlight-server-*.tgz", says: /added|changed/ },
      { command: "nightlight-server", lasts: true, says: SERVING },
    ],
  },
  {
    name: "accounts",
    files: { "password.txt": "correct horse\n" },
    steps: [
      { command: "nightlight-server user add ann", types: ["correct horse", "correct horse"], says: /ann/ },
      {
        command: "nightlight-server user add tablet --reader --password-stdin",
        with: { stdin: "stdin < password.txt" },
      },
      { command: "nightlight-server user token ann --expires 90d", says: /\S{20,}/ },
      { command: "nightlight-server user add wall --reader", types: ["correct horse", "correct horse"], says: /wall/ },
      { command: "nightlight-server user token wall", says: /\S{20,}/ },
      { command: "nightlight-server user add NAME", types: ["correct horse", "correct horse"], says: /NAME/ },
      { command: "nightlight-server user token NAME", says: /\S{20,}/ },
      { command: "nightlight-server user token NAME --expires 90d", says: /expires on/ },
      { command: "nightlight-server user list", says: /token \S{8}.*expires 20/ },
    ],
  },
  {
    name: "configuration",
    steps: [
      { command: "nightlight-server config init", says: /nightlight\.yaml/ },
      { command: "nightlight-server config check", says: /2 zones/ },
      { command: "nightlight-server config check FILE", with: { FILE: "nightlight.yaml" }, says: /2 zones/ },
      { command: "nightlight-server config print", says: /threshold: 300/ },
      { command: "nightlight-server config schema > nightlight.schema.json" },
    ],
    after: async ({ folder }) => {
      const schema = JSON.parse(await readFile(path.join(folder, "nightlight.schema.json"), "utf8")) as object;
      expect(schema).toHaveProperty("properties.zones");
    },
  },
  {
    name: "setup, doctor, and what there is to do without a board",
    // elsewhere a board that is plugged in would be found, and written to
    needs: [process.platform === "linux" ? "Linux" : undefined, "Linux"],
    files: { "password.txt": "correct horse\n" },
    steps: [
      {
        command:
          "npm run setup -- --yes --wifi-ssid home --wifi-password-stdin --broker mqtt://192.168.1.20 < password.txt",
        with: { "192.168.1.20": "127.0.0.1:1883 --no-check" },
        says: /\.env\.local/,
      },
      // 1: there is something to do, such as to plug in a board
      { command: "npm run doctor", code: 1, says: /^ *todo /m },
      { command: "npm run doctor -- --json", code: 1, says: /"todo"/ },
      { command: "npm run flash", code: 1, says: NO_BOARD },
      { command: "npm run flash -- --board nightlight_xiao_esp32c3", code: 1, says: NO_BOARD },
      { command: "npm run deploy", code: 1, says: NO_BOARD },
      { command: "npm run monitor", code: 1, says: NO_BOARD },
      { command: "sudo usermod -aG dialout $USER" },
    ],
    after: async (workshop) => {
      expect(await readFile(path.join(workshop.folder, ".env.local"), "utf8")).toContain("WIFI_SSID=home");
      expect(await workshop.calls()).toMatch(/^usermod -aG dialout/m);
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
        says: /main_lolin_c3_mini/,
      },
      { command: "npm run board -- draw" },
      { command: "npm run board -- check", says: /ok .*lolin_c3_mini/ },
    ],
  },
  {
    name: "Mosquitto's files, put where they belong",
    needs: [programAt("mosquitto_passwd"), "mosquitto_passwd"],
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
      in: "docs/how-to/mosquitto",
      with: { "/etc/mosquitto": "$REPOSITORY/etc/mosquitto" },
    })),
    after: async (workshop) => {
      const passwords = path.join(workshop.folder, "etc/mosquitto/nightlight.passwd");
      expect(await readFile(passwords, "utf8")).toMatch(/^nightlight-server:\$/);
      expect(await workshop.calls()).toMatch(/systemctl restart mosquitto\nsystemctl reload mosquitto/);
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
        with: { "/var/lib/private": "$REPOSITORY/var/lib/private" },
      },
      { command: "sudo systemctl start nightlight-server" },
      { command: "systemctl reload nightlight-server" },
      { command: "journalctl -u nightlight-server -f" },
      // no line: journalctl is a stand-in
      { command: `journalctl -u nightlight-server -o cat | grep '"event":"rejected"'`, code: 1 },
      { command: "sudo apt install python3-paho-mqtt" },
    ],
    after: async (workshop) => {
      const calls = await workshop.calls();
      expect(calls).toMatch(/^systemd-run --pty .* nightlight-server user add me$/m);
      expect(calls).toMatch(/systemctl stop nightlight-server\nsystemctl start nightlight-server/);
    },
  },
  {
    name: "a Raspberry Pi",
    needs: [PYTHON_WITH_PAHO, "Python with paho-mqtt"],
    steps: [
      {
        command: "python3 nightlight_device.py --host 192.168.1.20 --id nightlight/pi",
        in: "docs/examples",
        with: { "192.168.1.20": "127.0.0.1 --port $NIGHTLIGHT_MQTT_PORT", python3: PYTHON_WITH_PAHO ?? "python3" },
        lasts: true,
        says: /lamp (on|off)/,
      },
    ],
    before: apiServer,
  },
  {
    name: "MQTT sessions",
    before: apiServer,
    steps: [
      { command: "nightlight-server sessions list", says: /^old-phone\t-\taway\t1\t/m },
      {
        command: "nightlight-server sessions end old-phone",
        says: /^Ended the session old-phone: /m,
      },
    ],
  },
  {
    name: "the HTTP API, by curl",
    needs: CURL,
    before: apiServer,
    steps: [
      { command: "curl http://127.0.0.1:8080/api/openapi.json", says: /"openapi":"3\.1/ },
      { command: "curl http://127.0.0.1:8080/api/devices/nightlight/porch", says: /"light":212/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/devices/nightlight/porch/mode -H 'content-type: application/json' -d '{"mode": "on", "for": 7200000}'`,
        says: /"mode":"on"/,
      },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/devices/nightlight/porch/mode -H 'content-type: application/json' -d '{"mode": "auto"}'`,
        says: /"mode":"auto"/,
      },
      {
        command: `curl -X POST 'http://127.0.0.1:8080/api/devices/nightlight/attic/actions?wait=5' -H 'content-type: application/json' -d '{"action": "report", "expires": 60}'`,
        says: /"outcome":"done"/,
      },
      { command: "curl -X DELETE http://127.0.0.1:8080/api/devices/nightlight/attic" },
      { command: "curl http://127.0.0.1:8080/api/zones/garden", says: /"label":"Garden"/ },
      {
        command: `curl -X PUT http://127.0.0.1:8080/api/zones/garden/mode -H 'content-type: application/json' -d '{"mode": "off", "for": 3600000}'`,
        says: /"mode":"off"/,
      },
      { command: "curl 'http://127.0.0.1:8080/api/history?device=nightlight/porch&points=800'", says: /"points":\[\{/ },
      {
        command: "curl -o porch.csv 'http://127.0.0.1:8080/api/history.csv?device=nightlight/porch&from=2026-01-01'",
      },
      { command: "curl -N http://127.0.0.1:8080/api/events", lasts: true, says: /^event: devices/m },
      { command: "curl http://127.0.0.1:8080/api/sessions", says: /"client_id":"old-phone"/ },
      { command: "curl -X DELETE 'http://127.0.0.1:8080/api/sessions?client_id=old-phone'" },
      { command: "curl -f http://127.0.0.1:8080/healthz", says: /"ok":true/ },
      { command: "curl -f http://127.0.0.1:8080/readyz", says: /"ok":true/ },
      { command: "curl http://127.0.0.1:8080/api/status", says: /"version"/ },
      { command: "curl http://127.0.0.1:8080/metrics", says: /nightlight_messages_received_total/ },
    ],
    after: async ({ folder }) => {
      expect(await readFile(path.join(folder, "porch.csv"), "utf8")).toMatch(/^time,light,led_on,by,reason\r?\n/);
    },
  },
];

const STEPS = new Set(SCENES.flatMap(({ steps }) => steps.map(({ command }) => command)));

describe("every command of the documents", () => {
  const documented = new Map(PAGES.flatMap((page) => [...commandsOf(page)].map((command) => [command, page] as const)));

  test("is run here, or has a reason not to be", () => {
    const forgotten = [...documented].filter(([command]) => !STEPS.has(command) && !(command in NOT_RUN));
    expect(forgotten).toEqual([]);
  });

  test("is a documented one: nothing is run, or excused, that no page says", () => {
    expect([...STEPS, ...Object.keys(NOT_RUN)].filter((command) => !documented.has(command))).toEqual([]);
  });

  test("is known as a command: a block says of what kind it is", () => {
    expect(PAGES.flatMap(untaggedBlocks)).toEqual([]);
  });

  test("that calls a script of package.json calls one that is there", async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const called = [...documented.keys()].flatMap((command) => /\bnpm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });
});

// a shell, signals and stand-ins as Unix has them
describe.skipIf(process.platform === "win32")("what the documents say works", () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop?.close());

  for (const { name, steps, before, after, files, needs } of SCENES)
    test.skipIf(needs && missing(needs[0], needs[1]))(
      name,
      async () => {
        await workshop.begin(files);
        onTestFinished(() => workshop.rest());
        await before?.(workshop);
        for (const step of steps) await workshop.run(step);
        await workshop.rest();
        await after?.(workshop);
      },
      180_000,
    );
});
