/** Tests that a startup error names the origin of the setting: the flag, the variable, or the line of the file. */
import { expect, test } from "vitest";
import { withSettingNames } from "../../server/src/config/origins.js";
import { loadConfig, loadConfigText } from "./support/config.js";
import { startTestServer } from "./support/server.js";

const PORT_TAKEN_ERROR = 'The port is taken; choose another with --http-port 0. Not "user --http-port 0".';

test("a startup error names the flag, the variable, or the line of the file that contains the setting", async () => {
  expect(withSettingNames(loadConfig(["--http-port", "1"]), PORT_TAKEN_ERROR)).toBe(PORT_TAKEN_ERROR);
  expect(withSettingNames(loadConfig(), PORT_TAKEN_ERROR)).toBe(PORT_TAKEN_ERROR);
  expect(withSettingNames(loadConfig([], { NIGHTLIGHT_HTTP_PORT: "1" }), PORT_TAKEN_ERROR)).toBe(
    'The port is taken; choose another with NIGHTLIGHT_HTTP_PORT=0. Not "user --http-port 0".',
  );
  expect(withSettingNames(await loadConfigText("log: json\nhttp_port: 1"), PORT_TAKEN_ERROR)).toMatch(
    /choose another with http_port: 0 \(.*nightlight\.yaml:2\)\. Not "user --http-port 0"/,
  );
});

test("an error about http_names without accounts does not blame the listen address", async () => {
  const error = await startTestServer({ httpNames: ["lights.example.org"], http: false }).catch(
    (thrown: Error) => thrown.message,
  );
  expect(error).toMatch(
    /^http_names \(lights\.example\.org\) means that others reach .*nobody has an account; make one/,
  );
  expect(error).not.toContain("--host");
});
