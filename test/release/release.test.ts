/** Tests the scripts and the workflow of a release. */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../scripts/lib/repository.js";
import { absoluteLinksOf, makeLinksAbsolute, PUBLISHED_PACKAGES, setAddress } from "../../scripts/release/address.js";
import { writeChecksums } from "../../scripts/release/checksums.js";
import { findReleaseProblems, notesOf, setVersion, VERSION_PLACES } from "../../scripts/release/versions.js";

let copy = "";
beforeEach(async () => {
  copy = await mkdtemp(path.join(tmpdir(), "nightlight-release-"));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  const readmes = PUBLISHED_PACKAGES.map((folder) => `${folder}/README.md`);
  const files = [...VERSION_PLACES.map(({ file }) => file), ...readmes, "CHANGELOG.md", "repository.yaml"];
  for (const file of new Set(files)) {
    await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
    await cp(path.join(ROOT, file), path.join(copy, file));
  }
});

const readCopy = (file: string): Promise<string> => readFile(path.join(copy, file), "utf8");

describe("the version", () => {
  test("every file of this repository names the same version", async () => {
    const { version } = JSON.parse(await readCopy("package.json")) as { version: string };
    for (const { file, pattern } of VERSION_PLACES)
      expect([file, pattern.exec(await readCopy(file))?.[2]]).toEqual([file, version]);
  });

  test("a release is refused until every file names its version, the changelog has notes, and the address is known", async () => {
    const before = await findReleaseProblems(copy, "v9.8.7");
    for (const file of ["package.json", "server/package.json", "package-lock.json", "CHANGELOG.md", "repository.yaml"])
      expect(before.join("\n")).toContain(file);
    await setVersion(copy, "9.8.7");
    await setAddress(copy, "ann/nightlight");
    const changelog = await readCopy("CHANGELOG.md");
    await writeFile(path.join(copy, "CHANGELOG.md"), changelog.replace("## Unreleased", "## 9.8.7 (2027-01-01)"));
    expect(await findReleaseProblems(copy, "v9.8.7")).toEqual([]);
    expect(await findReleaseProblems(copy, "v9.8.8")).not.toEqual([]);
    expect(JSON.parse(await readCopy("package-lock.json"))).toMatchObject({
      version: "9.8.7",
      packages: { "": { version: "9.8.7" }, server: { version: "9.8.7" } },
    });
  });

  test("a tag or version that is none is refused", async () => {
    for (const tag of ["9.8.7", "v9.8", "v9.8.7; rm", "main"])
      expect(await findReleaseProblems(copy, tag)).toEqual([`The tag ${tag} is not a version such as v1.2.0.`]);
    await expect(setVersion(copy, "v1.2.0")).rejects.toThrow("is not a version");
  });

  test("the notes of a release are the part of the changelog below its heading", () => {
    const changelog =
      "# Changelog\n\n## Unreleased\n\n- new\n\n## 1.2.0 (2027-01-01)\n\n- a\n\n### Fixed\n\n- b\n\n## 1.1.0\n\n- c\n";
    expect(notesOf(changelog, "1.2.0")).toBe("- a\n\n### Fixed\n\n- b");
    expect(notesOf(changelog, "1.1.0")).toBe("- c");
    expect(notesOf(changelog, "1.2")).toBe("");
  });
});

describe("the address", () => {
  test("the packages and the add-on get the address of the repository, as often as one likes", async () => {
    for (let n = 0; n < 2; n++) await setAddress(copy, "Ann/Nightlight");
    expect(JSON.parse(await readCopy("server/package.json"))).toMatchObject({
      repository: { type: "git", url: "git+https://github.com/Ann/Nightlight.git", directory: "server" },
      bugs: "https://github.com/Ann/Nightlight/issues",
    });
    expect(parse(await readCopy("packaging/home-assistant-addon/config.yaml"))).toMatchObject({
      image: "ghcr.io/ann/nightlight-home-assistant",
      url: "https://github.com/Ann/Nightlight",
    });
    await expect(setAddress(copy, "https://github.com/ann/nightlight")).rejects.toThrow("is not OWNER/REPOSITORY");
  });

  test("no link of a published README is relative", async () => {
    await makeLinksAbsolute(copy, "ann/nightlight", "v1.0.0");
    for (const folder of PUBLISHED_PACKAGES) {
      const links = [...(await readCopy(`${folder}/README.md`)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
      for (const link of links) expect(link).toMatch(/^(https?:|#)/);
      for (const link of links.filter((one) => one.startsWith("https://github.com/ann/nightlight/")))
        await readFile(path.join(ROOT, new URL(link).pathname.split("/").slice(5).join("/")));
    }
    expect(absoluteLinksOf("[a](../docs/x.md#y) [b](#z) [c](https://d)", "server", "o/r", "v1")).toBe(
      "[a](https://github.com/o/r/blob/v1/docs/x.md#y) [b](#z) [c](https://d)",
    );
  });
});

test("checksums have the format of sha256sum", async () => {
  const folder = path.join(copy, "release");
  await mkdir(folder);
  await writeFile(path.join(folder, "a.tgz"), "hello");
  for (let n = 0; n < 2; n++) await writeChecksums(folder);
  const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  expect(await readFile(path.join(folder, "SHA256SUMS"), "utf8")).toBe(`${hash}  a.tgz\n`);
});

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, unknown>;
  }[];
}

describe("the workflows", async () => {
  const folder = path.join(ROOT, ".github/workflows");
  const texts = new Map<string, string>();
  for (const file of await readdir(folder)) texts.set(file, await readFile(path.join(folder, file), "utf8"));
  const workflows = [...texts].map(
    ([file, text]) => [file, parse(text) as { permissions: object; jobs: Record<string, Job> }] as const,
  );
  const { jobs } = workflows.find(([file]) => file === "release.yml")![1];

  test("every action has a commit and the version in a comment, and every job has a time limit", () => {
    for (const [file, text] of texts)
      for (const [line, action] of text.matchAll(/^.*\buses: (.*)$/gm))
        if (!action.startsWith("./"))
          expect([file, line]).toEqual([file, expect.stringMatching(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)]);
    for (const [file, workflow] of workflows)
      for (const [name, job] of Object.entries(workflow.jobs))
        if (!job.uses) expect([file, name, job["timeout-minutes"]]).toEqual([file, name, expect.any(Number)]);
  });

  test("every npm script, file and target that a workflow names exists", async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const release = await readFile(path.join(ROOT, "scripts/release.ts"), "utf8");
    const commands = [...texts.values()].join("\n");
    for (const [, script] of commands.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const [, command] of commands.matchAll(/npm run (?:--silent )?release -- (\w+)/g))
      expect(release).toContain(`.command("${command} `);
    for (const job of Object.values(jobs)) if (job.uses) await readFile(path.join(ROOT, job.uses));
    await readFile(path.join(ROOT, ".ci/run"));
    const containerfile = await readFile(path.join(ROOT, "packaging/Containerfile"), "utf8");
    for (const target of ["server", "home-assistant"])
      expect(containerfile).toMatch(new RegExp(`^FROM .* AS ${target}$`, "m"));
  });

  test("a job has only the rights it needs, and only jobs with an environment may publish", () => {
    expect(workflows.map(([, { permissions }]) => permissions)).toEqual([{ contents: "read" }, {}]);
    const rights = Object.fromEntries(Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]));
    expect(rights).toEqual({
      check: { contents: "read" },
      test: { contents: "read" },
      pack: { contents: "read" },
      npm: { "id-token": "write" },
      image: { contents: "read", packages: "write" },
      github: { contents: "write" },
    });
    for (const name of ["npm", "image"]) expect(jobs[name].environment).toBe("release");
  });

  test("nothing is published before the checks, the tests and the packing have succeeded", () => {
    const allNeeds = (name: string): string[] =>
      [jobs[name].needs ?? []].flat().flatMap((other) => [other, ...allNeeds(other)]);
    for (const name of ["npm", "image", "github"])
      expect(allNeeds(name)).toEqual(expect.arrayContaining(["check", "test", "pack"]));
  });

  test("no workflow puts a name that somebody else chooses into a shell command", () => {
    for (const [, workflow] of workflows)
      for (const { steps = [] } of Object.values(workflow.jobs))
        for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });
});
