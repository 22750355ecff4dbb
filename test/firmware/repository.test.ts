import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.js";

const root = new URL("../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const version = (name: string) => (JSON.parse(read(name)) as { version: string }).version;

describe("the repository", () => {
  it("has one version: package, server and firmware agree", () => {
    expect(VERSION).toBe(version("package.json"));
    expect(version("server/package.json")).toBe(VERSION);
    expect(read("CHANGELOG.md")).toContain(`## ${VERSION}`);
  });

  it("has one firmware entry for each board", () => {
    const boards = readdirSync(new URL("boards", root)).map((name) => name.replace(".board.json", ""));
    const entries = readdirSync(new URL("src", root)).filter((name) => /^main\w*\.ts$/.test(name));
    const bound = entries.map((name) => /@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]);
    expect(bound.sort()).toEqual(boards.sort());
    for (const [i, name] of entries.sort().entries()) expect([i, read(`src/${name}`)]).toEqual([i, expect.stringContaining(`name: "${/@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]}"`)]); // prettier-ignore
  });
});
