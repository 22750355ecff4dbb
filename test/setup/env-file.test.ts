/** Tests that DeviceScript's parser reads back exactly the settings that setup writes to `.env.local`. */
import fc from "fast-check";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseAsDeviceScript } from "../../scripts/setup/devicescript.js";
import { replaceSettings, formatLine } from "../../scripts/setup/env-file.js";
import {
  passwordProblem,
  ssidProblem,
  toSettings,
  userNameProblem,
  wifiPasswordProblem,
} from "../../scripts/setup/settings.js";
import { writeEnvFile } from "../../scripts/setup/store.js";
import { parseSettings } from "../../sim/settings.js";
import { createTemporaryFolder } from "../server/support/server.js";

const broker = { host: "192.168.1.20", port: 1883, tls: false };

/** Generates text that users may type, with many characters that the parser treats specially. */
const userText = (maxLength: number) =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: "grapheme", maxLength }),
    fc.string({ unit: fc.constantFrom("#", "=", " ", '"', "\\", "0", "1", "u", "{", "'", "n", "é", "😀"), maxLength }),
    fc.stringMatching(/^[0-9]{1,12}$/),
    fc.constantFrom(
      "null",
      "true",
      "1e3",
      '"',
      "[]",
      " x",
      "x ",
      "\u2028",
      "#",
      "pass#word",
      '"quoted"',
      "\ud800",
      "\t",
    ),
  );

/** Generates lines of an existing file, valid and invalid. */
const otherLines = fc.array(
  fc.constantFrom("# a comment", "", "OTHER=1", "A=b=c", "WIFI_SSID=old", "WIFI_PWD=old#secret", "MQTT_HOST = x", "=MQTT_PWD=z", "noise", "\uFEFFNL_ID=a"), // prettier-ignore
  { maxLength: 8 },
);

describe("DeviceScript's parser", () => {
  test("drops lines with #, reads digits as a number, and keeps spaces", () => {
    const text = 'A=pass#word\nB=0123\nC=123\nK = v\nD="\\u0023"\nE=';
    expect(parseAsDeviceScript(text)).toEqual({ B: "0123", C: 123, "K ": " v", D: "#", E: undefined });
  });

  test("agrees with the simulator's parser on any file", () => {
    const line = fc.string({ unit: fc.constantFrom("A", "B", "=", " ", "#", '"', "1", "é", "\\"), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.constantFrom("\n", "\r\n"), (lines, end) => {
        // excludes lines with an empty key, which the two parsers treat differently
        fc.pre(lines.every((text) => !text.startsWith("=")));
        expect(parseSettings(lines.join(end))).toEqual(parseAsDeviceScript(lines.join(end)));
      }),
      { numRuns: 2000 },
    );
  });
});

test("any Wi-Fi name, user and password is either refused with a sentence or read back unchanged", () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      userText(40),
      userText(70),
      userText(40),
      userText(80),
      otherLines,
      (ssid, wifiPassword, user, password, lines) => {
        const problems = [ssidProblem(ssid), wifiPasswordProblem(wifiPassword), userNameProblem(user), passwordProblem(password)]; // prettier-ignore
        for (const problem of problems) expect(problem).toMatch(/^$|^[A-Z].*\.$/);
        if (problems.some((problem) => problem !== "")) return;
        accepted++;
        const settings = toSettings({ ssid, wifiPassword, broker, user, password, id: "" });
        expect(parseAsDeviceScript(replaceSettings(lines.join("\n"), settings))).toMatchObject(settings);
      },
    ),
    { numRuns: 3000 },
  );
  // fails if the test was meaningless because the checks refused almost all inputs
  expect(accepted).toBeGreaterThan(300);
});

test("every printable ASCII password of 8 to 63 characters is accepted and read back unchanged", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, maxLength: 63 }), (password) => {
      expect(wifiPasswordProblem(password)).toBe("");
      expect(parseAsDeviceScript(formatLine("WIFI_PWD", password))).toEqual({ WIFI_PWD: password });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["home", "K=home"],
  ["my home", "K=my home"],
  ["12345678", 'K="12345678"'],
  ["pass#word", 'K="pass\\u0023word"'],
  [" x", 'K=" x"'],
  ["true", 'K="true"'],
  ["Café", 'K="Caf\\u00e9"'],
  ['say "hi"', 'K="say \\"hi\\""'],
  [1883, "K=1883"],
  [true, "K=true"],
  [undefined, "K="],
])("the value %j is written as %s", (value, line) => {
  expect(formatLine("K", value)).toBe(line);
});

describe("an existing .env.local", () => {
  test("keeps its other lines, comments and line ends", () => {
    const text = "# mine\r\nOTHER=1\r\nWIFI_PWD=old#password\r\n\r\nWIFI_PWD=older\r\n# end";
    expect(replaceSettings(text, { WIFI_PWD: "new one", NL_ID: "a/b" })).toBe(
      "# mine\r\nOTHER=1\r\nWIFI_PWD=new one\r\n\r\n# end\r\nNL_ID=a/b\r\n",
    );
  });

  test("is replaced atomically, readable only by its owner, with a backup", async () => {
    const folder = await createTemporaryFolder();
    await writeFile(path.join(folder, ".env.local"), "OTHER=1\nWIFI_SSID=old\n", { mode: 0o644 });
    expect(await writeEnvFile(folder, { WIFI_SSID: "new" })).toBe(true);
    expect(await readFile(path.join(folder, ".env.local"), "utf8")).toBe("OTHER=1\nWIFI_SSID=new\n");
    expect(await readFile(path.join(folder, ".env.previous.local"), "utf8")).toBe("OTHER=1\nWIFI_SSID=old\n");
    for (const name of await readdir(folder)) {
      // skips Windows, where the file mode does not show who may read the file
      if (process.platform !== "win32") expect((await stat(path.join(folder, name))).mode & 0o777, name).toBe(0o600);
    }
    expect(await writeEnvFile(folder, { WIFI_SSID: "new" })).toBe(false);
    expect((await readdir(folder)).sort()).toEqual([".env.local", ".env.previous.local"]);
  });

  test("stays unchanged when DeviceScript would read back another value", async () => {
    const folder = await createTemporaryFolder();
    await writeFile(path.join(folder, ".env.local"), "WIFI_SSID=old\n");
    // DeviceScript would read back null as the text "null", so writing must fail
    await expect(writeEnvFile(folder, { WIFI_SSID: null })).rejects.toThrow("WIFI_SSID");
    expect(await readFile(path.join(folder, ".env.local"), "utf8")).toBe("WIFI_SSID=old\n");
    expect(await readdir(folder)).toEqual([".env.local"]);
  });
});

test("empty settings are written as KEY=, which deletes the value of an earlier deploy on the board", () => {
  const settings = toSettings({ ssid: "home", wifiPassword: "", broker, user: "", password: "", id: "" });
  const text = replaceSettings("", settings);
  expect(text).toContain("WIFI_PWD=\n");
  expect(Object.keys(parseAsDeviceScript(text))).toEqual(Object.keys(settings));
});
