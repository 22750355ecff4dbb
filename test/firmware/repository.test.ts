import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const readRepositoryFile = (name: string) => readFileSync(new URL(name, root), "utf8");
const versionIn = (name: string) => (JSON.parse(readRepositoryFile(name)) as { version: string }).version;

describe("the repository", () => {
  it("has the same version in package, server and change log", () => {
    expect(versionIn("server/package.json")).toBe(versionIn("package.json"));
    expect(readRepositoryFile("CHANGELOG.md")).toContain(`## ${versionIn("package.json")}`);
  });

  it("has one firmware entry point for each board", () => {
    const boards = readdirSync(new URL("boards", root)).map((name) => name.replace(".board.json", ""));
    const entries = readdirSync(new URL("src", root)).filter((name) => /^main\w*\.ts$/.test(name));
    const bound = entries.map((name) => /@dsboard\/(\w+)"/.exec(readRepositoryFile(`src/${name}`))?.[1]);
    expect(bound.sort()).toEqual(boards.sort());
    for (const [i, name] of entries.sort().entries()) expect([i, readRepositoryFile(`src/${name}`)]).toEqual([i, expect.stringContaining(`name: "${/@dsboard\/(\w+)"/.exec(readRepositoryFile(`src/${name}`))?.[1]}"`)]); // prettier-ignore
  });
});
