/** Checks that all text of the page comes from its message tables, and that every language has every message. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Area, Message } from "../../server/dashboard/messages/area.js";
import { TEXT_ATTRIBUTES } from "../../server/dashboard/messages/attributes.js";
import { LANGUAGES, type Language } from "../../server/dashboard/messages/languages.js";
import { ROOT } from "../lib/repository.js";

/**
 * A message table. The type allows any areas and keys, because the checks report missing and unknown keys themselves.
 */
export type Table = Readonly<Record<string, Area>>;

const DASHBOARD_FOLDER = path.join(ROOT, "server/dashboard");

/** Names that are the same in every language. */
const BRANDS = new Set(["Nightlight", "nightlight-server"]);

/** Returns every problem of the page's texts, as a sentence. */
export async function findTextProblems(): Promise<string[]> {
  const tables = new Map<string, Table>();
  for (const language of Object.keys(LANGUAGES)) tables.set(language, await loadTable(language as Language));
  const english = tables.get("en")!;
  const problems = [...tables].flatMap(([language, table]) => compareTables(english, language, table));
  const isTable = new RegExp(`^messages[\\\\/](${Object.keys(LANGUAGES).join("|")})[.\\\\/]`);
  let sources = "";
  for (const file of await readdir(DASHBOARD_FOLDER, { recursive: true })) {
    if (!/\.(html|ts)$/.test(file) || isTable.test(file)) continue;
    const source = await readFile(path.join(DASHBOARD_FOLDER, file), "utf8");
    sources += source;
    if (file.endsWith(".html")) problems.push(...findTemplateProblems(file, source, english));
  }
  return [...problems, ...findUnusedKeys(english, sources)];
}

async function loadTable(language: Language): Promise<Table> {
  return ((await import(path.join(DASHBOARD_FOLDER, "messages", `${language}.ts`))) as { table: Table }).table;
}

/** Returns how a table differs from the English one: keys, placeholders, and plural forms that its language needs. */
export function compareTables(english: Table, language: string, table: Table): string[] {
  const problems: string[] = [];
  const expected = new Map(entriesOf(english));
  const actual = new Map(entriesOf(table));
  const file = `server/dashboard/messages/${language}`;
  for (const key of actual.keys()) if (!expected.has(key)) problems.push(`${file}: ${key} is not an English key.`);
  for (const [key, original] of expected) {
    const translated = actual.get(key);
    if (translated === undefined) {
      problems.push(`${file}: ${key} is missing.`);
      continue;
    }
    if ((typeof original === "string") !== (typeof translated === "string")) {
      problems.push(`${file}: ${key} must ${typeof original === "string" ? "not " : ""}have plural forms.`);
      continue;
    }
    const forms = typeof translated === "string" ? { text: translated } : translated;
    if (typeof translated !== "string")
      for (const category of listPluralCategories(language))
        if (!(category in translated)) problems.push(`${file}: ${key} needs the plural form "${category}".`);
    for (const [form, text] of Object.entries(forms)) {
      if (text.trim() === "") problems.push(`${file}: ${key} is empty.`);
      const names = placeholdersOf(text);
      const wanted = placeholdersOf(typeof original === "string" ? original : original.other);
      // A plural form for one number, such as "once", may omit the number.
      const optional = form === "text" || form === "other" ? "" : "count";
      for (const name of wanted)
        if (!names.has(name) && name !== optional) problems.push(`${file}: ${key} lacks the placeholder {${name}}.`);
      for (const name of names)
        if (!wanted.has(name)) problems.push(`${file}: ${key} has the unknown placeholder {${name}}.`);
    }
  }
  return problems;
}

/** Returns the plural categories that a language uses for the whole numbers up to 1000. */
function listPluralCategories(language: string): Set<string> {
  const rules = new Intl.PluralRules(language);
  return new Set(Array.from({ length: 1001 }, (_, n) => rules.select(n)));
}

function entriesOf(table: Table): [key: string, message: Message][] {
  return Object.entries(table).flatMap(([area, messages]) =>
    Object.entries(messages).map(([name, message]): [string, Message] => [`${area}.${name}`, message]),
  );
}

function placeholdersOf(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name));
}

/** Returns texts of a template that do not come from the table, and keys that the table does not have. */
export function findTemplateProblems(file: string, html: string, english: Table): string[] {
  const problems: string[] = [];
  const keys = new Map(entriesOf(english));
  const source = html.replace(/<!--[\s\S]*?-->|<!doctype[^>]*>/gi, "");
  for (const [, key] of source.matchAll(/\sdata-text(?:-[a-z-]+)?="([^"]*)"/g))
    if (!keys.has(key)) problems.push(`${file}: the message table has no key ${key}.`);
  for (const [, attribute] of source.matchAll(/\sdata-text-([a-z-]+)="/g))
    if (!(TEXT_ATTRIBUTES as readonly string[]).includes(attribute))
      problems.push(`${file}: data-text-${attribute} is not one of ${TEXT_ATTRIBUTES.join(", ")}.`);
  for (const [, attribute, value] of source.matchAll(/\s(alt|aria-label|placeholder|title)="([^"]*)"/g))
    if (/\p{L}/u.test(value)) problems.push(`${file}: ${attribute}="${value}" is not from the message table.`);
  // Code is the same in every language.
  for (const text of source.replace(/<code[^>]*>[^<]*<\/code>/g, "").split(/<[^>]*>/))
    if (/\p{L}/u.test(text) && !BRANDS.has(text.trim()))
      problems.push(`${file}: "${text.trim()}" is not from the message table.`);
  return problems;
}

/** Returns a problem for each English message that no source names. */
export function findUnusedKeys(english: Table, sources: string): string[] {
  return entriesOf(english)
    .filter(([key]) => !sources.includes(`"${key}"`))
    .map(([key]) => `server/dashboard/messages/en: nothing uses ${key}.`);
}
