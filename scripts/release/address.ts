/** Writes the address of the repository on GitHub to the files that need it. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Folders of the packages that are published on npm. */
export const PUBLISHED_PACKAGES = ["server", "packages/devicescript-mqtt"] as const;

const ADDON_FOLDER = "packaging/home-assistant-addon";
const PLACEHOLDER = "OWNER/REPOSITORY";

/**
 * Writes `repository`, `homepage` and `bugs` to the package.json files, and the address to the add-on. npm compares
 * `repository` with the repository that publishes, so the release workflow calls this function with its own.
 * @param repository name on GitHub, such as `ann/nightlight`
 */
export async function setAddress(root: string, repository: string): Promise<void> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error(`${repository} is not OWNER/REPOSITORY.`);
  const url = `https://github.com/${repository}`;
  for (const folder of PUBLISHED_PACKAGES)
    await edit(path.join(root, folder, "package.json"), (text) => {
      const manifest = JSON.parse(text) as Record<string, unknown>;
      manifest.repository = { type: "git", url: `git+${url}.git`, directory: folder };
      manifest.homepage = `${url}/tree/main/${folder}#readme`;
      manifest.bugs = `${url}/issues`;
      return JSON.stringify(manifest, null, 2) + "\n";
    });
  await edit(path.join(root, ADDON_FOLDER, "config.yaml"), (text) =>
    text
      .replaceAll(`ghcr.io/${PLACEHOLDER}`, `ghcr.io/${repository.toLowerCase()}`)
      .replaceAll(`github.com/${PLACEHOLDER}`, `github.com/${repository}`),
  );
  await edit(path.join(root, "repository.yaml"), (text) =>
    text.replaceAll(`github.com/${PLACEHOLDER}`, `github.com/${repository}`),
  );
}

/** Makes the relative links in the README of each published package absolute, because npmjs.com has no other files. */
export async function makeLinksAbsolute(root: string, repository: string, tag: string): Promise<void> {
  for (const folder of PUBLISHED_PACKAGES)
    await edit(path.join(root, folder, "README.md"), (text) => absoluteLinksOf(text, folder, repository, tag));
}

/** Returns a page whose relative links lead to the files of a tag on GitHub. @param folder the folder of the page */
export function absoluteLinksOf(page: string, folder: string, repository: string, tag: string): string {
  return page.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, link: string) => {
    const target = path.posix.join(folder, link);
    return `](https://github.com/${repository}/blob/${tag}/${target})`;
  });
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, "utf8")));
}
