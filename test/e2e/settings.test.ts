import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokerSettingsOf, loadFirmware, SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";

/** Creates a line of Mosquitto's password file, in the format of mosquitto_passwd. */
function createPasswordLine(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `${user}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("a board", () => {
  let folder: string;
  let mosquitto: Mosquitto;
  const boards: SimulatedBoard[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "nightlight-settings-"));
    const file = path.join(folder, "passwords");
    await writeFile(file, createPasswordLine("porch", "s3cret word"), { mode: 0o600 });
    mosquitto = await startMosquitto({ lines: ["allow_anonymous false", `password_file ${file}`] });
  });
  afterAll(async () => {
    await Promise.all(boards.map((board) => board.stop()));
    await mosquitto?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a board with these settings. Returns its log, to which lines are appended while the board runs. */
  async function runWithSettings(settings: Record<string, unknown>): Promise<string[]> {
    const id = `settings-${boards.length}`;
    const lines: string[] = [];
    const board = new SimulatedBoard({
      id,
      ...loadFirmware(),
      settings: { ...brokerSettingsOf(mosquitto.url), ...settings },
    });
    boards.push(board);
    board.on("log", (level, text) => lines.push(`${level} ${text}`));
    await board.start();
    return lines;
  }
  const waitForLine = (lines: string[], pattern: RegExp) =>
    eventually(() => lines.find((text) => pattern.test(text)), { within: 10_000, what: `${pattern} in the log` });

  it("connects to a broker that requires a user name and password", async () => {
    const lines = await runWithSettings({ NL_ID: "nightlight/porch", MQTT_USER: "porch", MQTT_PWD: "s3cret word" });
    await waitForLine(lines, /connected to/);
    expect(lines.join("\n")).not.toContain("s3cret");
  });

  it("logs a login that the broker refuses, and keeps trying", async () => {
    const lines = await runWithSettings({ MQTT_USER: "porch", MQTT_PWD: "wrong" });
    expect(await waitForLine(lines, /refused/)).toMatch(/user name or password|not authori[sz]ed/i);
    expect(boards.at(-1)?.crashes).toBe(0);
  });

  it("logs invalid settings and uses their defaults", async () => {
    const lines = await runWithSettings({ NL_ID: "a/#", MQTT_PORT: 70000, MQTT_TLS: "maybe" });
    expect(await waitForLine(lines, /MQTT_PORT/)).toContain("70000 is not a whole number from 1 to 65535; using 1883");
    expect(await waitForLine(lines, /MQTT_TLS/)).toContain("maybe is neither true nor false; using false");
    expect(await waitForLine(lines, /NL_ID/)).toMatch(/an id cannot contain # or \+; using nightlight\/[0-9a-f]{6}$/);
    expect(boards.at(-1)?.crashes).toBe(0);
  });
});
