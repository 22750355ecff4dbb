import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadBoardSettings } from "../../scripts/flash/settings.js";
import { failureOf } from "./support/failure.js";
import { createTemporaryFolder } from "./support/project.js";

const VALID_SETTINGS = 'WIFI_SSID=attic\nWIFI_PWD="12345678"\nMQTT_HOST=192.168.1.5\n';

async function readEnvSettings(text?: string) {
  const root = await createTemporaryFolder();
  if (text !== undefined) await writeFile(path.join(root, ".env.local"), text, { mode: 0o600 });
  return loadBoardSettings(root);
}

describe("the settings for a board", () => {
  test("are returned when valid, with undefined for missing ones, which deletes them on the board", async () => {
    const settings = await readEnvSettings(`# mine\n${VALID_SETTINGS}MY_OWN=1\n`);
    expect(settings).toMatchObject({ WIFI_SSID: "attic", WIFI_PWD: "12345678", MQTT_PORT: 1883, MY_OWN: 1 });
    for (const key of ["MQTT_USER", "MQTT_PWD", "NL_ID"]) {
      expect(Object.keys(settings)).toContain(key);
      expect(settings[key]).toBeUndefined();
    }
  });

  test("are refused when invalid, with all mistakes at once and without secrets", async () => {
    const error = await failureOf(
      readEnvSettings(`${VALID_SETTINGS}MQTT_HOST=localhost\nMQTT_PWD=sword#fish\nMQTT_PORT=99999\n`),
    );
    expect(error.problem).toMatch(/line 5: .*#.*MQTT_PWD.*MQTT_PORT is not a port/s);
    expect((await failureOf(readEnvSettings(`${VALID_SETTINGS}NL_KEEPALIVE=2\n`))).problem).toBe(
      "NL_KEEPALIVE is not a whole number of seconds from 5 to 1200.",
    );
    expect(error.remedy).toContain("npm run setup");
    expect(error.message).not.toMatch(/12345678|sword/);
    expect((await failureOf(readEnvSettings(`${VALID_SETTINGS}MQTT_HOST=localhost\n`))).problem).toContain(
      "cannot reach the broker at localhost",
    );
  });

  test("are refused when the file cannot be read", async () => {
    const root = await createTemporaryFolder();
    await mkdir(path.join(root, ".env.local"));
    expect((await failureOf(loadBoardSettings(root))).message).toMatch(
      /the settings: .*\.env\.local cannot be read .*make yourself its owner/,
    );
  });

  test("are refused when the file is missing, with the command that creates it", async () => {
    expect((await failureOf(readEnvSettings())).message).toMatch(/no \.env\.local.*npm run setup/s);
  });
});
