import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loadFirmware } from "../../sim/firmware.js";
import { CLI_VERSION, readVmSource, vmSource } from "../../sim/vm/source.js";

const folder = mkdtempSync(path.join(tmpdir(), "nightlight-vm-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project with a command line tool of our making. */
function requireWith(version: string, bundle: string): NodeJS.Require {
  const cli = path.join(folder, version, "node_modules/@devicescript/cli");
  mkdirSync(path.join(cli, "built"), { recursive: true });
  writeFileSync(path.join(cli, "package.json"), JSON.stringify({ version }));
  writeFileSync(path.join(cli, "built/devicescript-cli.cjs"), bundle);
  return createRequire(pathToFileURL(path.join(folder, version, "test.js")));
}

describe("the virtual machine", () => {
  it("is taken out of the installed command line tool", () => {
    expect(vmSource()).toMatch(/^\{[\s\S]+devicescript-vm\.js[\s\S]+\}$/);
  });

  it.each([
    ["9.9.9", "", `The simulator supports only @devicescript/cli ${CLI_VERSION}, but 9.9.9 is installed.`],
    [CLI_VERSION, "var somethingElse;", "was not found inside"],
  ])("is not guessed at in version %s", (version, bundle, message) => {
    const require = requireWith(version, bundle);
    expect(() => readVmSource(require)).toThrow(message);
    expect(() => readVmSource(require)).toThrow("npm ci");
  });

  it("is said to be missing where it is", () => {
    expect(() => readVmSource(createRequire(pathToFileURL(path.join(folder, "none", "test.js"))))).toThrow("npm ci");
  });
});

describe("a firmware that was not built", () => {
  it("names the command that builds it", () => {
    expect(() => loadFirmware("main_of_nobody")).toThrow("npm run build:firmware");
  });
});
