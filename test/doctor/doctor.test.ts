/** Tests that each check of `npm run doctor` reports ok, or says what the user must do. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { checkPorts } from "../../scripts/doctor/ports.js";
import { runChecks, runDoctor } from "../../scripts/doctor/run.js";
import { thisSystem, type System } from "../../scripts/doctor/system.js";
import { StepError } from "../../flashing/step-error.js";
import { createTemporaryFolder } from "../server/support/server.js";
import { BOARD_PORT, createFakePrograms, createSystem } from "./support.js";

async function runDoctorCommand(
  change: Parameters<typeof createSystem>[0] = {},
  args: string[] = [],
): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const code = await runDoctor(args, createSystem(change), (line) => lines.push(line));
  const text = lines.join("\n");
  expect(text).not.toMatch(/w1fi-pass|br0ker secret/);
  return { code, text };
}

const refusePorts =
  (...ports: number[]): System["listen"] =>
  (port) =>
    Promise.resolve(ports.includes(port) ? "EADDRINUSE" : "");
const failAtStep = (step: string) => () => Promise.reject(new StepError(step, "That is the problem.", "Do this."));

test("npm run doctor prints only ok, with exit code 0, when everything is ready", async () => {
  const { code, text } = await runDoctorCommand();
  expect(text).not.toMatch(/^(todo|note)/m);
  expect(text).toContain("Everything is ready.");
  for (const word of [
    "Node.js",
    "DeviceScript",
    "disk",
    "40,288 bytes of 40,960",
    "port 1883",
    "port 8080",
    "8081–8083",
    "data folder  ",
    "/dev/ttyACM0",
    ".env.local",
    "mqtt://192.168.1.20:1883 accepts porch",
  ])
    // prettier-ignore
    expect(text).toContain(word);
  expect(code).toBe(0);
});

describe("npm run doctor reports a problem with its remedy, and exit code 1", () => {
  const ss = 'LISTEN 0 511 0.0.0.0:1883 0.0.0.0:* users:(("mosquitto",pid=4711,fd=5))';

  test.each<[string, Parameters<typeof createSystem>[0], RegExp, RegExp]>([
    ["when Node is too old", { nodeVersion: "20.18.3" }, /version 20\.18\.3; 20\.19 or newer/, /nodejs\.org/],
    ["when Node is much too old", { nodeVersion: "18.20.0" }, /version 18\.20\.0/, /nodejs\.org/],
    [
      "when DeviceScript is missing",
      { files: { "node_modules/@devicescript/cli/package.json": undefined } },
      /not installed/,
      /npm ci/,
    ],
    [
      "when another version of DeviceScript is installed",
      { files: { "node_modules/@devicescript/cli/package.json": '{"version":"2.15.0"}' } },
      /2\.15\.0 is installed; this project needs 2\.16\.4/,
      /npm ci/,
    ],
    ["when the disk is full", { getFreeSpace: () => Promise.resolve(12e6) }, /Only 12 MB free/, /Free some disk space/],
    [
      "when the firmware is too large",
      { files: { ".devicescript/bin/main/program.devs": "x".repeat(40_961) } },
      /src\/main\.ts compiles to 40,961 bytes; the limit is 40,960 bytes/,
      /bytecode-sizes/,
    ],
    [
      "when another broker uses port 1883",
      {
        listen: refusePorts(1883),
        run: createFakePrograms({
          "ss -ltnpH sport = :1883": ss,
          "ps -o args= -p 4711": "/usr/sbin/mosquitto -c /etc/m.conf",
        }),
      },
      /mosquitto \(process 4711\) uses it/,
      /--mqtt-port/,
    ],
    [
      "when an unknown program uses port 8080",
      { listen: refusePorts(8080) },
      /Another program uses it, so the dashboard/,
      /--http-port/,
    ],
    [
      "when a port is reserved",
      { listen: (port) => Promise.resolve(port === 8080 ? "EACCES" : "") },
      /EACCES/,
      /--http-port/,
    ],
    [
      "when the ports cannot be listed",
      { listSerialPorts: failAtStep("the port") },
      /boards +That is the problem\./,
      /Do this\./,
    ],
    [
      "when this user may not open the port",
      { checkAccess: failAtStep("the port") },
      /ttyACM0.*That is the problem\./,
      /Do this\..*idVendor.=="303a".*60-nightlight\.rules/,
    ],
    [
      "when a setting is wrong",
      { checkSettings: () => Promise.resolve({ exists: true, problems: ["It is wrong."], notes: [] }) },
      /\.env\.local +It is wrong\./,
      /npm run setup/,
    ],
    [
      "when the broker refuses",
      { broker: () => Promise.resolve("The broker refuses the password; correct it.") },
      /broker +The broker refuses/,
      /npm run doctor again/,
    ],
  ])("%s", async (_what, change, problem, remedy) => {
    const { code, text } = await runDoctorCommand(change);
    expect(text).toMatch(problem);
    expect(
      text
        .split("\n")
        .filter((line) => /^ +→/.test(line))
        .join("\n"),
    ).toMatch(remedy);
    expect(text.match(/^todo/gm)).toHaveLength(1);
    expect(text).toContain("Problems to solve: 1.");
    expect(code).toBe(1);
  });
});

describe("npm run doctor prints a note, with exit code 0", () => {
  test.each<[string, Parameters<typeof createSystem>[0], RegExp]>([
    [
      "when the firmware is not built",
      { files: { ".devicescript/bin/main/program.devs": undefined } },
      /Not built yet: src\/main\.ts.*\n.*npm run build:firmware/,
    ],
    [
      "when no board is connected, and nothing that boards need is set up",
      {
        listSerialPorts: () => Promise.resolve([]),
        checkSettings: () => Promise.resolve({ exists: false, problems: ["There is none."], notes: [] }),
      },
      /note +boards[^]*note +\.env\.local[^]*Everything is ready/,
    ],
    [
      "when an earlier version left its data in the project",
      { findDataFolder: () => Promise.resolve({ folder: "/no/such/nightlight", former: "/project/.nightlight" }) },
      /note +data folder +\/project\/\.nightlight.*\/no\/such\/nightlight\.\n.*npm start -- --data \.nightlight.*mkdir -p "\/no\/such", then mv "\/project\/\.nightlight" "\/no\/such\/nightlight"/,
    ],
    [
      "when no board is connected",
      { listSerialPorts: () => Promise.resolve([{ path: "/dev/ttyS0" }]) },
      /No board is connected\.\n.*BOOT/,
    ],
    [
      "when a board must be attached to WSL",
      {
        listSerialPorts: () => Promise.resolve([]),
        run: createFakePrograms({ "uname -r": "6.6-microsoft-standard-WSL2" }),
      },
      /usbipd attach/,
    ],
    [
      "when the user is not in the group of the ports",
      {
        listSerialPorts: () => Promise.resolve([]),
        run: createFakePrograms({ "getent group dialout": "dialout:x:20:", "id -nG": "me users" }),
      },
      /not in the group dialout.*\n.*usermod -aG dialout/,
    ],
    [
      "when the group is called uucp",
      { listSerialPorts: () => Promise.resolve([]), run: createFakePrograms({ "id -nG": "me users" }) },
      /usermod -aG uucp/,
    ],
    [
      "when two boards are connected",
      { listSerialPorts: () => Promise.resolve([BOARD_PORT, { ...BOARD_PORT, path: "/dev/ttyACM1" }]) },
      /More than one board.*\n.*--port \/dev\/ttyACM0/,
    ],
    [
      "when an unknown program uses port 8081",
      {
        listen: refusePorts(8081),
        run: createFakePrograms({ "lsof -nP -iTCP:8081": "p99\n", "ps -o args= -p 99": "python3 -m http.server 8081" }),
      },
      /port 8081 +python3 \(process 99\) uses it/,
    ],
    [
      "when DeviceScript's libraries are not built yet",
      { files: { "node_modules/@devicescript/core/package.json": undefined } },
      /npm run build/,
    ],
  ])("%s", async (_what, change, sentence) => {
    const { code, text } = await runDoctorCommand(change);
    expect(text).toMatch(sentence);
    expect(text).not.toMatch(/^todo/m);
    expect(code).toBe(0);
  });
});

test("npm run doctor accepts ports that a nightlight server or DeviceScript's tools use", async () => {
  const args = "node server/src/main.ts";
  const ss = 'users:(("node",pid=7,fd=5))';
  const run = createFakePrograms({ "ss -ltnpH": ss, "ps -o args= -p 7": args });
  expect((await runDoctorCommand({ listen: refusePorts(1883, 8080), run })).text).toMatch(/ok +port 1883.*process 7/);
  const tools = createFakePrograms({ "ss -ltnpH": ss, "ps -o args= -p 7": "node devicescript-cli.cjs devtools" });
  expect(
    (await runDoctorCommand({ listen: refusePorts(8081, 8082, 8083), run: tools })).text.match(/^ok +port 808\d/gm),
  ).toHaveLength(4);
  const unknown = await runDoctorCommand({ listen: refusePorts(8080), answers: () => Promise.resolve(true) });
  expect(unknown.text).toMatch(/ok +port 8080/);
});

test("npm run doctor finds the program on a port on Windows as well", async () => {
  const run = createFakePrograms({
    "netstat -ano -p TCP": "  TCP    0.0.0.0:18830   0.0.0.0:0   ABHÖREN   1\r\n  TCP    0.0.0.0:1883   0.0.0.0:0   ABHÖREN   4711\r\n", // prettier-ignore
    "tasklist /FI PID eq 4711": '"mosquitto.exe","4711","Services","0","9,000 K"\r\n',
  });
  const { text } = await runDoctorCommand({ platform: "win32", listen: refusePorts(1883), run });
  expect(text).toContain("mosquitto.exe (process 4711) uses it");
});

test("npm run doctor does not connect to the broker without settings", async () => {
  let asked = false;
  const { code, text } = await runDoctorCommand({
    checkSettings: () => Promise.resolve({ exists: false, problems: ["There is none."], notes: [] }),
    broker: () => {
      asked = true;
      return Promise.resolve("");
    },
  });
  expect(asked).toBe(false);
  expect(text).not.toMatch(/^\w+ +broker/m);
  expect(code).toBe(1);
});

test("a failed check does not stop the other checks", async () => {
  const { code, text } = await runDoctorCommand({ getFreeSpace: () => Promise.reject(new Error("no such call")) });
  expect(text).toMatch(/todo +disk +The check failed: no such call/);
  expect(text.match(/^ok/gm)?.length).toBeGreaterThan(6);
  expect(code).toBe(1);
});

test("npm run doctor prints JSON with --json, and refuses unknown flags", async () => {
  const { code, text } = await runDoctorCommand({ nodeVersion: "18.0.0" }, ["--json"]);
  const { ok, findings } = JSON.parse(text) as { ok: boolean; findings: { about: string; level: string; remedy?: string }[] }; // prettier-ignore
  expect(ok).toBe(false);
  expect(code).toBe(1);
  expect(findings.filter(({ level }) => level === "todo")).toEqual([
    expect.objectContaining({ about: "Node.js", remedy: expect.any(String) as string }),
  ]);
  expect((await runDoctorCommand({}, ["--nonsense"])).code).toBe(2);
  expect((await runDoctorCommand({}, ["--help"])).text).toContain("--json");
});

describe("npm run doctor on this computer", () => {
  test("completes every check without a board", async () => {
    const here: System = { ...thisSystem(ROOT), broker: () => Promise.resolve("") };
    const findings = await runChecks(here);
    expect(findings.filter(({ text }) => text.startsWith("The check failed"))).toEqual([]);
    expect(findings.find(({ about }) => about === "Node.js")?.level).toBe("ok");
    expect(findings.find(({ about }) => about === "DeviceScript")?.level).toBe("ok");
  });

  test("finds the process that listens on a port", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      server.close();
      await once(server, "close");
    });
    const { port } = server.address() as net.AddressInfo;
    const here = thisSystem(ROOT);
    expect(await here.listen(port)).toBe("EADDRINUSE");
    // replaces port 1883, which another program may use, with a port that this test occupies
    const run: System["run"] = (command, ...args) => here.run(command, ...args.map((arg) => arg.replace("1883", String(port)))); // prettier-ignore
    const [finding] = await checkPorts(createSystem({ platform: process.platform, listen: refusePorts(1883), run }));
    expect(finding.about).toBe("port 1883");
    if (process.platform === "linux") expect(finding.text).toContain(`(process ${process.pid})`);
  });

  test("checks the settings of a project as DeviceScript reads them", async () => {
    const root = await createTemporaryFolder();
    const inspectSettings = (text: string) =>
      writeFile(path.join(root, ".env.local"), text, { mode: 0o600 }).then(() => thisSystem(root).checkSettings());
    expect((await thisSystem(root).checkSettings()).problems).toEqual([
      expect.stringContaining("There is no .env.local"),
    ]);
    const good = "# mine\nWIFI_SSID=home\nWIFI_PWD=long enough\nMQTT_HOST=192.168.1.20\n";
    expect(await inspectSettings(good)).toMatchObject({ problems: [], notes: [], settings: { ssid: "home", broker: { port: 1883 } } }); // prettier-ignore
    const cases: [line: string, problem: RegExp][] = [
      ["WIFI_PWD=s3cret#word", /line 5: DeviceScript drops a line with #.*WIFI_PWD/],
      ["NL_ID = a/b", /line 5: the name NL_ID must begin the line/],
      ["WIFI_PWD=12345678", /WIFI_PWD looks like a number/],
      ["WIFI_PWD=s3cret", /WPA passwords have 8 to 63/],
      ["WIFI_SSID=", /name of the Wi-Fi network is missing/],
      ["MQTT_HOST=mqtt://192.168.1.20", /MQTT_HOST is/],
      ["MQTT_HOST=127.0.0.1", /cannot reach the broker at 127\.0\.0\.1/],
      ["MQTT_PORT=70000", /MQTT_PORT is not a port/],
      ["MQTT_TLS=yes", /MQTT_TLS is neither/],
      ["MQTT_TLS=true", /with TLS, give the broker's name/],
      ["NL_ID=a/+", /cannot contain # or \+/],
      ["UPDATE_URL=ws://wssk:12@server:8080/updates/a", /UPDATE_URL is not .* nightlight-server update url/],
      ["A_NAME_TOO_LONG=1", /longer than 13/],
    ];
    for (const [line, problem] of cases) {
      const { problems } = await inspectSettings(`${good}${line}\n`);
      expect(problems.join("\n"), line).toMatch(problem);
      expect(problems.join("\n")).not.toContain("s3cret");
    }
    expect((await inspectSettings(`${good}MQTT_PASSWORD=s3cret\n`)).notes.join()).toMatch(/MQTT_PASSWORD is unknown/);
    expect((await inspectSettings(`${good}MQTT_USER=me \n`)).notes.join()).toMatch(
      /space around the value of MQTT_USER/,
    );
  });
});

test("runProgram does not keep Node.js running when the program is missing", async () => {
  const module = pathToFileURL(path.join(ROOT, "scripts/lib/run-program.ts")).href;
  const script = `import { runProgram } from "${module}"; await runProgram("no-such-program", [], { within: 600_000 });`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 60_000 });
});
