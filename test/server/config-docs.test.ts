/** Compares docs/reference/configuration.md with the settings. Vitest's flag `-u` updates the page. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createFlagReference, createSettingsReference } from "../../server/src/config/reference.js";
import { findProblemsIn } from "./support/config.js";

const CONFIGURATION_PAGE = fileURLToPath(new URL("../../docs/reference/configuration.md", import.meta.url));

function replaceSection(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  expect(page).toContain(begin);
  return page.slice(0, page.indexOf(begin) + begin.length) + `\n\n${table}\n\n` + page.slice(page.indexOf(end));
}

test("the page lists all settings, flags and variables with their defaults", async () => {
  const page = await readFile(CONFIGURATION_PAGE, "utf8");
  const present = replaceSection(
    replaceSection(page, "flags", createFlagReference()),
    "settings",
    createSettingsReference(),
  );
  await expect(present).toMatchFileSnapshot(CONFIGURATION_PAGE);
  for (const row of ["| `rule > threshold` | `300` |", "| `history > readings` | `30 d` |", "| `zones > <name> > sensors` | required |"]) expect(present).toContain(row); // prettier-ignore
});

test("the page's examples are valid configuration files", async () => {
  const page = await readFile(CONFIGURATION_PAGE, "utf8");
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
  expect(examples.length).toBeGreaterThan(0);
  for (const text of examples) {
    expect(parse(text)).toBeTypeOf("object");
    expect(await findProblemsIn(text)).toEqual([]);
  }
});
