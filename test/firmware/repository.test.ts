import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const version = (name: string) => (JSON.parse(read(name)) as { version: string }).version;

describe("the repository", () => {
  it("has the same version in package, server and change log", () => {
    expect(version("server/package.json")).toBe(version("package.json"));
    expect(read("CHANGELOG.md")).toContain(`## ${version("package.json")}`);
  });

  it("has one firmware entry point for each board", () => {
    const boards = readdirSync(new URL("boards", root)).map((name) => name.replace(".board.json", ""));
    const entries = readdirSync(new URL("src", root)).filter((name) => /^main\w*\.ts$/.test(name));
    const bound = entries.map((name) => /@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]);
    expect(bound.sort()).toEqual(boards.sort());
    for (const [i, name] of entries.sort().entries()) expect([i, read(`src/${name}`)]).toEqual([i, expect.stringContaining(`name: "${/@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]}"`)]); // prettier-ignore
  });
});
