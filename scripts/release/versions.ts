/** The version of a release: in package.json files, the lock file, the add-on and the changelog. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** A file that names the version, and the expression that finds it: the version is the second group. */
interface VersionPlace {
  readonly file: string;
  readonly pattern: RegExp;
}

const inJson = (file: string): VersionPlace => ({ file, pattern: /^( {2}"version": ")([^"]+)(")/m });

/** All places of the version, except the changelog. */
export const VERSION_PLACES: readonly VersionPlace[] = [
  inJson("package.json"),
  inJson("server/package.json"),
  inJson("packages/devicescript-mqtt/package.json"),
  inJson("package-lock.json"),
  { file: "package-lock.json", pattern: /("": \{\n {6}"name": "nightlight",\n {6}"version": ")([^"]+)(")/ },
  {
    file: "package-lock.json",
    pattern: /("server": \{\n {6}"name": "nightlight-server",\n {6}"version": ")([^"]+)(")/,
  },
  { file: "package-lock.json", pattern: /("packages\/devicescript-mqtt": \{\n {6}"version": ")([^"]+)(")/ },
  { file: "packaging/home-assistant-addon/config.yaml", pattern: /^(version: ")([^"]+)(")/m },
];

/** Releases have no suffix such as `-beta.1`, because each one becomes the latest. */
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+$/;

/** Returns what prevents a release of this version, as sentences. @param tag the tag of the release, such as `v1.2.0` */
export async function findReleaseProblems(root: string, tag: string): Promise<string[]> {
  const version = tag.replace(/^v/, "");
  if (!tag.startsWith("v") || !SEMANTIC_VERSION.test(version))
    return [`The tag ${tag} is not a version such as v1.2.0.`];
  const problems: string[] = [];
  for (const { file, pattern } of VERSION_PLACES) {
    const found = pattern.exec(await readFile(path.join(root, file), "utf8"))?.[2];
    if (found !== version)
      problems.push(
        `${file} has the version ${found ?? "(none)"}; run npm run release -- version ${version}, and commit.`,
      );
  }
  const changelog = await readFile(path.join(root, "CHANGELOG.md"), "utf8");
  if (!notesOf(changelog, version))
    problems.push(`CHANGELOG.md has no notes below the heading "## ${version}"; rename "Unreleased" to it.`);
  const addon = await readFile(path.join(root, "packaging/home-assistant-addon/config.yaml"), "utf8");
  if (addon.includes("github.com/OWNER/REPOSITORY"))
    problems.push(
      "packaging/home-assistant-addon/config.yaml and repository.yaml still contain OWNER/REPOSITORY; run npm run release -- address OWNER/NAME with your repository, and commit.",
    );
  return problems;
}

/** Writes a version to all its places. @throws Error if the version is invalid, or a place is missing */
export async function setVersion(root: string, version: string): Promise<void> {
  if (!SEMANTIC_VERSION.test(version)) throw new Error(`${version} is not a version such as 1.2.0.`);
  for (const { file, pattern } of VERSION_PLACES) {
    const name = path.join(root, file);
    const text = await readFile(name, "utf8");
    if (!pattern.test(text)) throw new Error(`${file} names no version.`);
    await writeFile(name, text.replace(pattern, `$1${version}$3`));
  }
}

/** Returns the notes of a version from the changelog; "" if there are none. */
export function notesOf(changelog: string, version: string): string {
  const heading = new RegExp(`^## \\[?${version.replaceAll(".", "\\.")}\\]?(?: .*)?$`, "m").exec(changelog);
  if (!heading) return "";
  const rest = changelog.slice(heading.index + heading[0].length);
  const end = rest.search(/^## /m);
  return (end < 0 ? rest : rest.slice(0, end)).trim();
}
