import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loadFirmware } from "../../sim/firmware.js";
import { CLI_VERSION, readVmSource, getVmSource } from "../../sim/vm/source.js";

const folder = mkdtempSync(path.join(tmpdir(), "nightlight-vm-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Creates a project with a fake command line tool of DeviceScript. Returns the project's `require`. */
function requireWith(version: string, bundle: string): NodeJS.Require {
  const cli = path.join(folder, version, "node_modules/@devicescript/cli");
  mkdirSync(path.join(cli, "built"), { recursive: true });
  writeFileSync(path.join(cli, "package.json"), JSON.stringify({ version }));
  writeFileSync(path.join(cli, "built/devicescript-cli.cjs"), bundle);
  return createRequire(pathToFileURL(path.join(folder, version, "test.js")));
}

describe("the virtual machine", () => {
  it("is extracted from the installed command line tool", () => {
    expect(getVmSource()).toMatch(/^\{[\s\S]+devicescript-vm\.js[\s\S]+\}$/);
  });

  it.each([
    ["9.9.9", "", `The simulator supports only @devicescript/cli ${CLI_VERSION}, but 9.9.9 is installed.`],
    [CLI_VERSION, "var somethingElse;", "was not found inside"],
  ])("is refused when it cannot be found for certain in version %s", (version, bundle, message) => {
    const require = requireWith(version, bundle);
    expect(() => readVmSource(require)).toThrow(message);
    expect(() => readVmSource(require)).toThrow("npm ci");
  });

  it("is reported as missing when it is not installed", () => {
    expect(() => readVmSource(createRequire(pathToFileURL(path.join(folder, "none", "test.js"))))).toThrow("npm ci");
  });
});

describe("the error for firmware that was not built", () => {
  it("names the command that builds it", () => {
    expect(() => loadFirmware("main_of_nobody")).toThrow("npm run build:firmware");
  });
});
