/** Tests the warnings about files with secrets that every user of the machine can read. */
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exposedFileWarnings } from "../../../server/src/config/secret-files.js";
import { writeConfigFile, loadConfig } from "../support/config.js";
import { createTemporaryFolder } from "../support/server.js";

/** Returns the warnings about a configuration file with this text and mode. */
async function warningsOf(text: string, mode: number, env = {}): Promise<string[]> {
  const file = await writeConfigFile(text);
  await chmod(file, mode);
  return exposedFileWarnings(loadConfig(["--config", file], env)).map((sentence) =>
    sentence.replaceAll(path.dirname(file), "…"),
  );
}

const MODE_WARNING =
  "Every user of this machine can read or change the passwords in …/nightlight.yaml (mode 0644); chmod 600 …/nightlight.yaml";

describe.skipIf(process.platform === "win32")("a configuration file that every user of the machine can read", () => {
  test.each([
    ["a broker's password", 'broker: {url: "mqtt://b", username: me, password: secret}'],
    ["Redis's password", 'broker: {url: "mqtt://b"}\nstate: "redis://me:secret@r"'],
    ["PostgreSQL's password", 'history: {url: "postgres://me:secret@h/d"}'],
  ])("the warning names a readable configuration file with %s, its mode and chmod 600", async (_what, text) => {
    expect(await warningsOf(text, 0o644)).toEqual([MODE_WARNING]);
    expect(await warningsOf(text, 0o640)).toEqual([]);
    expect(await warningsOf(text, 0o600)).toEqual([]);
  });

  test("a readable file causes no warning if it has no password, or the password is in the environment", async () => {
    expect(await warningsOf("rule: {threshold: 200}", 0o644)).toEqual([]);
    const text = 'broker: {url: "mqtt://b", username: me}\nhistory: {url: "postgres://h/d"}';
    expect(await warningsOf(text, 0o644, { NIGHTLIGHT_PASSWORD: "secret" })).toEqual([]);
  });

  test("a readable file does not hide the warning about the readable password file that it names", async () => {
    const passwordFile = path.join(await createTemporaryFolder(), "word");
    await writeFile(passwordFile, "secret\n");
    await chmod(passwordFile, 0o604);
    const warnings = await warningsOf(
      `broker: {url: "mqtt://b", username: me, password_file: "${passwordFile}"}`,
      0o644,
    );
    expect(warnings).toEqual([expect.stringMatching(/the broker's password in .*word \(mode 0604\); chmod 600/)]);
  });
});
