/** Tests the settings of alerts: errors explain mistakes, secrets are never shown, and a reload applies changed settings. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { printConfiguration } from "../../../server/src/config/print.js";
import { listChangedSettings } from "../../../server/src/config/reload.js";
import { exposedFileWarnings } from "../../../server/src/config/secret-files.js";
import { loadConfig, loadConfigText, findProblemsIn } from "../support/config.js";
import { createTemporaryFolder } from "../support/server.js";

const ALL_SETTINGS = `alerts:
  after: 5 min
  page: https://lights.example.org
  webhook: https://ha.example.org/api/webhook/hunter2
  webhook_authorization: Bearer hunter2
  ntfy: https://ntfy.sh/hunter2
  ntfy_token: tk_hunter2
`;

test("all settings reach the server, and the printed configuration masks secrets", async () => {
  const loaded = await loadConfigText(ALL_SETTINGS);
  expect(loaded.options.alerts).toEqual({
    after: 300_000,
    page: "https://lights.example.org",
    webhook: { url: "https://ha.example.org/api/webhook/hunter2", authorization: "Bearer hunter2" },
    ntfy: { url: "https://ntfy.sh/hunter2", token: "tk_hunter2" },
  });
  const printed = printConfiguration(loaded);
  expect(printed).toContain("https://ha.example.org/********");
  expect(printed).toContain("https://ntfy.sh/********");
  expect(printed).not.toContain("hunter2");
});

test("secrets may come from files and from the environment, and a changed file is noticed", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "token");
  await writeFile(file, "tk_one\n");
  const text = `alerts: {ntfy: "https://ntfy.sh/t", ntfy_token_file: ${file}}`;
  const before = await loadConfigText(text);
  expect(before.options.alerts.ntfy).toEqual({ url: "https://ntfy.sh/t", token: "tk_one" });
  await writeFile(file, "tk_two\n");
  expect(listChangedSettings(before, await loadConfigText(text))).toEqual(["alerts > ntfy_token"]);
  await writeFile(file, "https://h.test/hook\n");
  const env = { NIGHTLIGHT_ALERT_WEBHOOK_FILE: file, NIGHTLIGHT_ALERT_WEBHOOK_AUTHORIZATION: "Basic eDp5" };
  expect(loadConfig([], env).options.alerts.webhook).toEqual({
    url: "https://h.test/hook",
    authorization: "Basic eDp5",
  });
  expect((await loadConfigText(text, [], { NIGHTLIGHT_ALERT_NTFY_TOKEN: "tk_3" })).options.alerts.ntfy?.token).toBe(
    "tk_3",
  );
});

test.skipIf(process.platform === "win32")("a file with a secret that everybody can read causes a warning", async () => {
  const file = path.join(await createTemporaryFolder(), "token");
  await writeFile(file, "tk_one\n", { mode: 0o644 });
  const loaded = await loadConfigText(`alerts: {ntfy: "https://ntfy.sh/t", ntfy_token_file: ${file}}`);
  expect(exposedFileWarnings(loaded).some((sentence) => sentence.includes(file))).toBe(true);
});

describe("a mistake is explained without the secret", () => {
  test.each([
    ["webhook: example.org", /1:19: alerts > webhook is a text that is not shown; .* this is no URL\.$/],
    ["webhook: ftp://hunter2.org/x", /begins with http:\/\/ or https:\/\/\.$/],
    ["webhook: https://me:hunter2@h/x", /it cannot contain a user name or a password\.$/],
    ["ntfy: https://ntfy.sh/", /it ends with one topic of letters, digits, - and _, 64 at most\.$/],
    ["ntfy: https://ntfy.sh/a/hunter2", /it ends with one topic/],
    ["page: https://h/x?a=1", /alerts > page is https:\/\/h\/x\?a=\*+; .*it ends before any \? or #\.$/],
    ["ntfy_token: tk", /alerts > ntfy_token is of no use without alerts > ntfy\.$/],
    ["{webhook: 'https://h/x', webhook_authorization: 'hünter2'}", /it must be a text of ASCII characters in one line/],
    ["{webhook: 'https://h/x', webhook_authorization_file: /nowhere}", /names \/nowhere, which cannot be read/],
    ["after: 1 ms", /alerts > after is 1 ms; it must be a time with its unit .* 1 s to 1 d\.$/],
    ["webhok: https://h/x", /alerts > webhok is no setting; did you mean webhook\?/],
  ])("%s", async (text, problem) => {
    const lines = await findProblemsIn(text.startsWith("{") ? `alerts: ${text}` : `alerts: {${text}}`);
    expect(lines.join("\n")).toMatch(problem);
    expect(lines.join("\n")).not.toMatch(/hunter2|hünter2/);
  });
});
