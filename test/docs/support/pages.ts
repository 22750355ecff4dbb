/** The pages of the documentation, and their commands, links and headings. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The paths of all pages in the repository. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "server/README.md",
  "packages/devicescript-mqtt/README.md",
  ...(readdirSync(path.join(ROOT, "docs"), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .sort(),
];

/** Reads a page, with line feeds even where Git checked it out with CR LF. */
export const readPage = (page: string): string => readFileSync(path.join(ROOT, page), "utf8").replaceAll("\r\n", "\n");

/** Matches inline code that is a command: it begins with the name of a program. */
const COMMAND_PATTERN =
  /^(npm|npx|node|nightlight-server|sudo|curl|mosquitto_\w+|python3|pipx?|systemctl|journalctl|devs|esptool|docker|podman|git|code) /;

/** Removes the comment from a command, and joins the lines of the command. */
const stripComment = (line: string): string =>
  line
    .replace(/\s+#.*$/, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/** The comment with which a tutorial asks tutorials.test.ts to execute it. */
const EXECUTION_MARKER = "<!-- test/docs/tutorials.test.ts executes this page -->";

/** Returns whether tutorials.test.ts executes a page, with all commands of its `sh` blocks. */
export const isExecuted = (page: string): boolean => readPage(page).includes(`\n${EXECUTION_MARKER}\n`);

/**
 * Finds the commands of a page: the lines of its `sh` blocks, and inline code that begins with a program. Omits commands
 * that tutorials.test.ts runs.
 */
export function commandsOf(page: string): Set<string> {
  const commands = findAllCommands(page);
  if (!isExecuted(page)) return new Set([...commands.inBlocks, ...commands.inline]);
  return new Set(commands.inline.filter((code) => !commands.inBlocks.some((command) => command.startsWith(code))));
}

function findAllCommands(page: string): { inBlocks: string[]; inline: string[] } {
  const text = readPage(page);
  const inBlocks: string[] = [];
  const inline: string[] = [];
  const prose = text.replaceAll(/^ *```(\w*)\n([^]*?)^ *```$/gm, (_, language: string, block: string) => {
    if (language === "sh")
      for (const line of block.replaceAll("\\\n", " ").split("\n"))
        if (stripComment(line)) inBlocks.push(stripComment(line));
    return "";
  });
  for (const [, code] of prose.matchAll(/`([^`\n]+)`/g))
    if (COMMAND_PATTERN.test(code)) inline.push(stripComment(code));
  return { inBlocks, inline };
}

/** Returns the code blocks without a language, for which a test cannot decide whether they contain commands. */
export function findUntaggedBlocks(page: string): string[] {
  const blocks = readPage(page).matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm);
  return [...blocks].filter(([, language]) => !language).map(([, , block]) => block);
}

/** Finds a page's links within the repository: Markdown links, pictures, and attributes of HTML. */
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

/** Returns the anchors that GitHub gives a page's headings. */
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
