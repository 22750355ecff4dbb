/** The pages of the documents, and what is in them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Pages that people read, by their path in the repository. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "server/README.md",
  ...(readdirSync(path.join(ROOT, "docs"), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .sort(),
];

/** A page of them, whichever way its lines end. */
export const readPage = (page: string): string => readFileSync(path.join(ROOT, page), "utf8").replaceAll("\r\n", "\n");

/** With which a command begins that stands in a sentence or a table. */
const PROGRAMS =
  /^(npm|npx|node|nightlight-server|sudo|curl|mosquitto_\w+|python3|pipx?|systemctl|journalctl|devs|esptool|docker|podman|git|code) /;

/** A command without its comment, in one line. */
const bare = (line: string): string =>
  line
    .replace(/\s+#.*$/, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/** The commands of a page: each line of its `sh` blocks, and what is written as code in sentences and tables. */
export function commandsOf(page: string): Set<string> {
  const text = readPage(page);
  const commands = new Set<string>();
  const prose = text.replaceAll(/^ *```(\w*)\n([^]*?)^ *```$/gm, (_, language: string, block: string) => {
    if (language === "sh")
      for (const line of block.replaceAll("\\\n", " ").split("\n")) if (bare(line)) commands.add(bare(line));
    return "";
  });
  for (const [, code] of prose.matchAll(/`([^`\n]+)`/g)) if (PROGRAMS.test(code)) commands.add(bare(code));
  return commands;
}

/** Blocks that say nothing of what they are: the test would not know whether they are commands. */
export function untaggedBlocks(page: string): string[] {
  const blocks = readPage(page).matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm);
  return [...blocks].filter(([, language]) => !language).map(([, , block]) => block);
}

/** Where a page leads to within the repository: links, pictures, and what HTML refers to. */
export function linksOf(page: string): string[] {
  const text = readPage(page)
    .replaceAll(/^ *```[^]*?^ *```$/gm, "")
    .replaceAll(/`[^`\n]*`/g, "");
  const links = [
    ...[...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link]) => link),
    ...[...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, link]) => link),
  ];
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): Set<string> {
  const text = readPage(page).replaceAll(/^ *```[^]*?^ *```$/gm, "");
  const anchors = new Set<string>();
  for (const [, heading] of text.matchAll(/^#+ +(.+)$/gm)) {
    const anchor = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").replaceAll(/\s/g, "-"); // prettier-ignore
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}
