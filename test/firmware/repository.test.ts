import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { updateVersionFile, versionModule } from "../../scripts/build/firmware-version.js";
import { VERSION } from "../../src/version.js";

const root = new URL("../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const version = (name: string) => (JSON.parse(read(name)) as { version: string }).version;

describe("the repository", () => {
  it("has the same version in package, server and firmware", () => {
    expect(VERSION).toBe(version("package.json"));
    expect(version("server/package.json")).toBe(VERSION);
    expect(read("CHANGELOG.md")).toContain(`## ${VERSION}`);
  });

  it("copies the firmware's version from package.json at every build", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "nightlight-version-"));
    try {
      mkdirSync(path.join(folder, "src"));
      writeFileSync(path.join(folder, "package.json"), '{"version":"7.8.9-beta.1"}');
      expect(await updateVersionFile(folder)).toBe(true);
      expect(readFileSync(path.join(folder, "src/version.ts"), "utf8")).toBe(versionModule("7.8.9-beta.1"));
      expect(await updateVersionFile(folder)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
    // The build compiles src/version.ts into the firmware, so the file must have the version of package.json.
    expect(read("src/version.ts").replaceAll("\r\n", "\n")).toBe(versionModule(version("package.json")));
    expect(readFileSync(new URL(".devicescript/bin/main/bytecode.devs", root)).includes(version("package.json"))).toBe(true); // prettier-ignore
  });

  it("has one firmware entry point for each board", () => {
    const boards = readdirSync(new URL("boards", root)).map((name) => name.replace(".board.json", ""));
    const entries = readdirSync(new URL("src", root)).filter((name) => /^main\w*\.ts$/.test(name));
    const bound = entries.map((name) => /@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]);
    expect(bound.sort()).toEqual(boards.sort());
    for (const [i, name] of entries.sort().entries()) expect([i, read(`src/${name}`)]).toEqual([i, expect.stringContaining(`name: "${/@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]}"`)]); // prettier-ignore
  });
});
