/** `npm run release`: the commands for a release, which .github/workflows/release.yml runs. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { ROOT } from "./lib/repository.js";
import { makeLinksAbsolute, setAddress } from "./release/address.js";
import { writeChecksums } from "./release/checksums.js";
import { findReleaseProblems, notesOf, setVersion } from "./release/versions.js";

const program = new Command("npm run release --").description(
  "Prepare and check a release. docs/internals/release.md says how to release.",
);

program
  .command("check <tag>")
  .description("check that every file names the version of this tag, such as v1.2.0")
  .action(async (tag: string) => {
    const problems = await findReleaseProblems(ROOT, tag);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    console.log(`Every file names the version ${tag.slice(1)}.`);
  });

program
  .command("version <version>")
  .description("write the version, such as 1.2.0, to every file")
  .action((version: string) => setVersion(ROOT, version));

program
  .command("address <owner/name>")
  .description("write the address of the repository to the packages and the add-on")
  .action((address: string) => setAddress(ROOT, address));

program
  .command("links <tag>")
  .description("make the links of the packages' READMEs absolute, for npmjs.com (env: GITHUB_REPOSITORY=OWNER/NAME)")
  .action(async (tag: string) => {
    const repository = process.env.GITHUB_REPOSITORY;
    if (!repository) throw new Error("Set GITHUB_REPOSITORY to OWNER/NAME of the repository.");
    await makeLinksAbsolute(ROOT, repository, tag);
  });

program
  .command("notes <version>")
  .description("print the changelog's notes of a version")
  .action(async (version: string) => {
    console.log(notesOf(await readFile(path.join(ROOT, "CHANGELOG.md"), "utf8"), version.replace(/^v/, "")));
  });

program
  .command("checksums <folder>")
  .description("write SHA256SUMS for the files of a folder")
  .action((folder: string) => writeChecksums(folder));

await program.parseAsync().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
