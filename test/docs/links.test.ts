/** Tests that the links and pictures of the documentation lead to existing files and headings. */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { anchorsOf, linksOf, PAGES, readPage, ROOT } from "./support/pages.js";

test.each(PAGES)("%s links only to existing pages, files and headings", (page) => {
  for (const link of linksOf(page)) {
    const [file, anchor] = link.split("#");
    const target = file ? path.posix.join(path.posix.dirname(page), decodeURI(file)) : page;
    expect(existsSync(path.join(ROOT, target)), `${link}: there is no ${target}`).toBe(true);
    if (anchor === undefined) continue;
    const known = target.endsWith(".md") ? anchorsOf(target) : new Set<string>();
    expect([...known], `${link}: ${target} has no such heading`).toContain(anchor);
  }
});

test("every page can be reached from README.md", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached)
    for (const link of linksOf(page)) {
      const target = path.posix.join(path.posix.dirname(page), link.split("#")[0]);
      if (target.endsWith(".md")) reached.add(target);
    }
  expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
});

test("every picture is shown on a page", () => {
  const shown = PAGES.map(readPage).join("\n");
  const isPicture = (name: string): boolean => /\.(png|svg)$/.test(name) && statSync(path.join(ROOT, "docs", name)).isFile(); // prettier-ignore
  const pictures = (readdirSync(path.join(ROOT, "docs"), { recursive: true }) as string[]).filter(isPicture);
  expect(pictures.filter((name) => !shown.includes(path.basename(name)))).toEqual([]);
});
