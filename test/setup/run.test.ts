/** Tests `npm run setup` with answers at a terminal and with flags. */
import { PassThrough } from "node:stream";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseAsDeviceScript } from "../../scripts/setup/devicescript.js";
import { runSetup, type SetupEnvironment } from "../../scripts/setup/run.js";
import { createTerminal, DialogCanceledError } from "../../scripts/setup/terminal.js";
import { readSettings } from "../../sim/settings.js";
import { eventually } from "../support/eventually.js";
import { createTemporaryFolder } from "../server/support/server.js";
import { createFakeTerminal, type FakeTerminal } from "./support.js";

const PASSWORD_PATTERN = /w1fi-pass#word|br0ker secret|older-wifi|older-broker/;

interface SetupRun {
  code: number;
  output: string;
  terminal: FakeTerminal;
  root: string;
  /** Returns the settings in the written `.env.local`, as DeviceScript's parser reads them. */
  settings(): Promise<Record<string, unknown>>;
}

async function runSetupCommand(
  args: string[],
  terminal: FakeTerminal,
  options: Partial<SetupEnvironment> & { before?: string } = {},
): Promise<SetupRun> {
  const root = await createTemporaryFolder();
  const file = path.join(root, ".env.local");
  if (options.before !== undefined) await writeFile(file, options.before);
  const code = await runSetup(args, {
    env: {},
    addresses: ["192.168.1.7"],
    check: () => Promise.resolve(""),
    ...options,
    root,
    terminal,
  });
  const output = terminal.output.join("\n");
  expect(output).not.toMatch(PASSWORD_PATTERN);
  return { code, output, terminal, root, settings: async () => parseAsDeviceScript(await readFile(file, "utf8")) };
}

const answers = {
  "Name of the Wi-Fi": "home",
  "Its password (": "w1fi-pass#word",
  Broker: "192.168.1.20",
  "User name": "porch",
  "Its password there": "br0ker secret",
};

describe("npm run setup at a terminal", () => {
  test("writes the answers and a proposed id", async () => {
    const { code, output, terminal, settings } = await runSetupCommand([], createFakeTerminal(answers));
    expect(code).toBe(0);
    expect(await settings()).toEqual({
      WIFI_SSID: "home",
      WIFI_PWD: "w1fi-pass#word",
      MQTT_HOST: "192.168.1.20",
      MQTT_PORT: 1883,
      MQTT_TLS: false,
      MQTT_USER: "porch",
      MQTT_PWD: "br0ker secret",
      NL_ID: expect.stringMatching(/^nightlight\/\w{6}$/) as string,
    });
    expect(terminal.hiddenQuestions).toHaveLength(3);
    expect(output).toContain("The broker accepts the board.");
  });

  test("keeps all existing settings and passwords on Enter", async () => {
    const before = "# mine\nWIFI_SSID=home\nWIFI_PWD=older-wifi\nMQTT_HOST=192.168.1.9\nMQTT_PORT=1884\nMQTT_TLS=false\nMQTT_USER=porch\nMQTT_PWD=older-broker\nNL_ID=a/b\n"; // prettier-ignore
    const { code, output, root } = await runSetupCommand([], createFakeTerminal({}), { before });
    expect(code).toBe(0);
    expect(output).toContain(".env.local is unchanged");
    expect(await readFile(path.join(root, ".env.local"), "utf8")).toBe(before);
  });

  test("does not reuse a Wi-Fi password for another network", async () => {
    const before = "WIFI_SSID=home\nWIFI_PWD=older-wifi\nMQTT_HOST=192.168.1.9\n";
    const { settings } = await runSetupCommand([], createFakeTerminal({ "Name of the Wi-Fi": "other" }), { before });
    expect(await settings()).toMatchObject({ WIFI_SSID: "other", WIFI_PWD: undefined });
  });

  test("explains a wrong answer, asks again, and does not propose invalid settings", async () => {
    const long = "x".repeat(32);
    const terminal = createFakeTerminal({ "Name of the Wi-Fi": [long, "home"], Broker: ["ws://h", "192.168.1.20"] });
    const { code, output, settings } = await runSetupCommand([], terminal, {
      before: `WIFI_SSID=${long}\nNL_ID="a/+"\n`,
    });
    expect(code).toBe(0);
    expect(output).toContain("at most 31");
    expect(output).toContain("does not support ws://");
    expect(output).not.toContain("[a/+]");
    expect(await settings()).toMatchObject({ WIFI_SSID: "home", MQTT_HOST: "192.168.1.20" });
  });

  test("replaces a loopback address of the broker by this computer's network address", async () => {
    const terminal = createFakeTerminal({ ...answers, Broker: "mqtt://localhost:1884" });
    const { output, settings } = await runSetupCommand([], terminal);
    expect(output).toContain("Use 192.168.1.7");
    expect(await settings()).toMatchObject({ MQTT_HOST: "192.168.1.7", MQTT_PORT: 1884 });
  });

  test("warns before writing when the broker refuses the board, and writes nothing by default", async () => {
    const rejectBroker = () => Promise.resolve("The broker is not there.");
    const no = await runSetupCommand([], createFakeTerminal(answers), { check: rejectBroker });
    expect(no.code).toBe(1);
    expect(no.output).toContain("Warning: The broker is not there.");
    expect(await readdir(no.root)).toEqual([]);
    const yes = await runSetupCommand([], createFakeTerminal({ ...answers, "anyway?": "y" }), { check: rejectBroker });
    expect(yes.code).toBe(0);
    expect(await yes.settings()).toMatchObject({ MQTT_HOST: "192.168.1.20" });
  });

  test("changes nothing when the user presses Ctrl-C", async () => {
    const terminal = createFakeTerminal({});
    terminal.ask = () => Promise.reject(new DialogCanceledError("Stopped. Nothing was changed."));
    const { code, output, root } = await runSetupCommand([], terminal);
    expect(code).toBe(1);
    expect(output).toContain("Nothing was changed");
    expect(await readdir(root)).toEqual([]);
  });
});

describe("the address for updates", () => {
  const key = "0123456789abcdef".repeat(4);
  const address = `ws://wssk:${key}@192.168.1.20:8080/base/updates/mine/porch`;
  const board = "WIFI_SSID=home\nMQTT_HOST=192.168.1.9\nNL_ID=mine/porch\n";

  test("is written from an answer, from standard input, or from the environment, and never shown", async () => {
    const answered = createFakeTerminal({ "updates over the air": ["ws://192.168.1.20:8080", address] });
    const runs = [
      await runSetupCommand([], answered, { before: board }),
      await runSetupCommand(["--yes", "--update-url-stdin"], createFakeTerminal(undefined, [address]), {
        before: board,
      }),
      await runSetupCommand(["--yes"], createFakeTerminal(), {
        before: board,
        env: { NIGHTLIGHT_UPDATE_URL: address },
      }),
    ];
    for (const { code, output, settings } of runs) {
      expect(code).toBe(0);
      expect(output).not.toContain(key);
      expect(await settings()).toMatchObject({ UPDATE_URL: address });
    }
    expect(runs[0].output).toContain("UPDATE_URL is not an address for updates over the air");
  });

  test("stays for the same board, and is removed when another board gets the file", async () => {
    const before = `${board}UPDATE_URL="${address}"\n`;
    const same = await runSetupCommand(["--yes"], createFakeTerminal(), { before });
    expect(await same.settings()).toMatchObject({ UPDATE_URL: address });
    const other = await runSetupCommand(["--yes", "--id", "mine/attic"], createFakeTerminal(), { before });
    expect(await other.settings()).not.toHaveProperty("UPDATE_URL", address);
    expect(other.output).toContain("The former UPDATE_URL is removed, because it does not belong to this board.");
    expect(other.output).toContain("nightlight-server update url mine/attic");
  });

  test("of another board is refused", async () => {
    const env = { NIGHTLIGHT_UPDATE_URL: address };
    const args = ["--yes", "--id", "mine/attic"];
    const { code, output } = await runSetupCommand(args, createFakeTerminal(), { before: board, env });
    expect(code).toBe(2);
    expect(output).toContain("UPDATE_URL belongs to another board than mine/attic");
  });
});

describe("npm run setup with flags", () => {
  const piped = ["w1fi-pass#word", "br0ker secret", ""];
  const flags = ["--yes", "--wifi-ssid", "home", "--wifi-password-stdin", "--broker", "mqtts://broker.example.org"];

  test("asks nothing, and reads both passwords from standard input", async () => {
    const args = [...flags, "--user", "porch", "--password-stdin", "--id", "mine/porch"];
    const { code, settings } = await runSetupCommand(args, createFakeTerminal(undefined, piped));
    expect(code).toBe(0);
    expect(await settings()).toEqual({
      WIFI_SSID: "home",
      WIFI_PWD: "w1fi-pass#word",
      MQTT_HOST: "broker.example.org",
      MQTT_PORT: 8883,
      MQTT_TLS: true,
      MQTT_USER: "porch",
      MQTT_PWD: "br0ker secret",
      NL_ID: "mine/porch",
    });
  });

  test("reads passwords from environment variables", async () => {
    const env = { NIGHTLIGHT_WIFI_PASSWORD: "w1fi-pass#word", NIGHTLIGHT_BOARD_PASSWORD: "br0ker secret" };
    const { settings } = await runSetupCommand(
      ["--yes", "--wifi-ssid", "home", "--user", "porch"],
      createFakeTerminal(),
      {
        env,
      },
    );
    expect(await settings()).toMatchObject({ WIFI_PWD: "w1fi-pass#word", MQTT_PWD: "br0ker secret" });
  });

  test("keeps existing settings with --yes, and proposes this computer as the broker", async () => {
    const before = 'WIFI_SSID=home\nWIFI_PWD="older-wifi"\n';
    const { settings } = await runSetupCommand(["--yes"], createFakeTerminal(), { before });
    expect(await settings()).toMatchObject({ WIFI_SSID: "home", WIFI_PWD: "older-wifi", MQTT_HOST: "192.168.1.7" });
  });

  test("refuses a password without a user", async () => {
    const args = ["--yes", "--wifi-ssid", "home", "--wifi-open", "--password-stdin"];
    const { code, output, root } = await runSetupCommand(args, createFakeTerminal(undefined, ["br0ker secret"]));
    expect(code).toBe(2);
    expect(output).toContain("give --user");
    expect(await readdir(root)).toEqual([]);
  });

  test("reports an invalid broker in the file, and does not replace it by a proposal", async () => {
    const before = 'WIFI_SSID=home\nWIFI_PWD="12345678"\nMQTT_HOST=mqtt://x\nMQTT_PORT=abc\n';
    const { code, output } = await runSetupCommand(["--yes"], createFakeTerminal(), { before });
    expect(code).toBe(2);
    expect(output).toMatch(/MQTT_HOST and MQTT_PORT in \.env\.local \(mqtt:\/\/x, abc\).*give --broker/);
    const put = await runSetupCommand(["--yes", "--broker", "192.168.1.9"], createFakeTerminal(), { before });
    expect(await put.settings()).toMatchObject({ MQTT_HOST: "192.168.1.9", MQTT_PORT: 1883 });
  });

  test("does not reuse a broker password for another broker", async () => {
    const before =
      "WIFI_SSID=home\nWIFI_PWD=older-wifi\nMQTT_HOST=192.168.1.9\nMQTT_USER=porch\nMQTT_PWD=older-broker\n";
    const { settings } = await runSetupCommand(
      ["--yes", "--broker", "192.168.1.10", "--user", "porch"],
      createFakeTerminal(),
      {
        before,
      },
    );
    expect(await settings()).toMatchObject({ MQTT_USER: "porch", MQTT_PWD: undefined });
  });

  test.each([
    [["--wifi-ssid", "home"], /give --yes/],
    [["--yes"], /--wifi-ssid/],
    [["--yes", "--wifi-ssid", "home"], /--wifi-password-stdin/],
    [["--yes", "--wifi-ssid", "home", "--wifi-password-stdin"], /standard input has no line for this value/],
    [["--yes", "--wifi-ssid", "home", "--wifi-open", "--broker", "ws://h"], /does not support ws/],
    [["--yes", "--wifi-ssid", "home", "--wifi-open", "--id", "a/#"], /cannot contain # or \+/],
    [["--yes", "--wifi-ssid", "home", "--wifi-open", "--password-stdin"], /standard input has no line for this value/],
    [["--anonymous", "--user", "me"], /not both/],
    [["--wifi-open", "--wifi-password-stdin"], /not both/],
    [["--nonsense"], /--nonsense.*--help/],
  ])("refuses %j with a remedy, and writes nothing", async (args, reason) => {
    const { code, output, root } = await runSetupCommand(args, createFakeTerminal());
    expect(output).toMatch(reason);
    expect(code).toBe(2);
    expect(await readdir(root)).toEqual([]);
  });

  test("leaves the file unchanged when the broker refuses the board, except with --no-check", async () => {
    const rejectBroker = () => Promise.resolve("The broker is not there.");
    const before = "WIFI_SSID=home\n";
    const refused = await runSetupCommand(["--yes"], createFakeTerminal(), { check: rejectBroker, before });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain("--no-check");
    expect(await refused.settings()).toEqual({ WIFI_SSID: "home" });
    const written = await runSetupCommand(["--yes", "--no-check"], createFakeTerminal(), {
      check: rejectBroker,
      before,
    });
    expect(written.code).toBe(0);
    expect(await written.settings()).toMatchObject({ MQTT_HOST: "192.168.1.7" });
  });

  test("lists every flag with --help", async () => {
    const { code, output } = await runSetupCommand(["--help"], createFakeTerminal());
    expect(code).toBe(0);
    for (const flag of ["--wifi-ssid", "--wifi-password-stdin", "--broker", "--id", "--user", "--password-stdin", "--yes"]) expect(output).toContain(flag); // prettier-ignore
  });
});

test("the simulator and DeviceScript read the written file alike", async () => {
  const { root, settings } = await runSetupCommand([], createFakeTerminal(answers));
  expect(readSettings(root)).toEqual(await settings());
});

describe("the terminal of npm run setup", () => {
  function terminalOf() {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    let shown = "";
    const terminal = createTerminal(input, { write: (text: string) => (shown += text) });
    return { input, terminal, shown: () => shown };
  }

  test("echoes a typed answer, but not a password", async () => {
    const { input, terminal, shown } = terminalOf();
    const name = terminal.ask("Name: ");
    await eventually(() => shown().includes("Name: "));
    input.write("porch\r");
    expect(await name).toBe("porch");
    expect(shown()).toContain("porch");
    const password = terminal.ask("Password: ", { secret: true });
    await eventually(() => shown().includes("Password: "));
    input.write("br0ker");
    input.write(" secret\r");
    expect(await password).toBe("br0ker secret");
    expect(shown()).not.toContain("br0ker");
    expect(shown()).not.toContain("*");
  });

  test("rejects a question on Ctrl-C and Ctrl-D", async () => {
    for (const key of ["\u0003", "\u0004"]) {
      const { input, terminal } = terminalOf();
      const answer = terminal.ask("Name: ");
      input.write(key);
      await expect(answer).rejects.toBeInstanceOf(DialogCanceledError);
    }
  });
});
