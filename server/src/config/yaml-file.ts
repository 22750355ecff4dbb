import { readFileSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from "yaml";
import { nestsDeeper } from "./nesting.js";
import { nameOf, presentable, whyUnreadable, type Problem, type Source, type Path } from "./problems.js";

/** How deep a file may nest, counting all that is open at a place: settings do by six. */
const MAX_DEPTH = 16;

/** A configuration file: what it says, and where. */
export interface YamlFile extends Source {
  /** As it was given. */
  readonly name: string;
  /** Its settings; those without a value are not there. */
  readonly data: unknown;
  /** What is wrong with it as YAML. When that makes it unreadable, there are no data. */
  readonly problems: readonly Problem[];
  /** `file:line` of a setting that is there. */
  place(path: Path): string;
}

/** Reads a configuration file. Never throws: what is wrong is among its problems. */
export function readYamlFile(name: string): YamlFile {
  try {
    return parseYaml(name, new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(name)));
  } catch (error) {
    const parsed = parseYaml(name, "");
    return { ...parsed, problems: [{ file: name, text: `${name} cannot be read: ${whyUnreadable(error)}.` }] };
  }
}

/** What `text` says. `name` stands for it in problems. */
export function parseYaml(name: string, text: string): YamlFile {
  if (nestsDeeper(text, MAX_DEPTH))
    return { ...parseYaml(name, ""), problems: [{ file: name, text: `${name} nests deeper than any setting does.` }] };
  const lines = new LineCounter();
  // the core schema of YAML 1.2, whatever the file asks for: `on` and `18:00` are strings, an id as a key is one too
  const document = parseDocument(text, { lineCounter: lines, schema: "core", stringKeys: true, prettyErrors: false });
  const at = (offset: number, sentence: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file: name, line, column: col, text: `${name}:${line}:${col}: ${sentence}` };
  };

  const problems: Problem[] = [];
  let readable = true;
  let broken = 0;
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    // of a key that is there twice the rest can be checked all the same
    if (code !== "DUPLICATE_KEY" && code !== "TAG_RESOLVE_FAILED") {
      readable = false;
      // one mistake brings others in its line
      if (lines.linePos(pos[0]).line === broken) continue;
      broken = lines.linePos(pos[0]).line;
    }
    problems.push(at(pos[0], sentenceOf(code, message, /^[^\s:]*/.exec(text.slice(pos[0]))![0])));
  }
  visit(document, {
    Alias(_key, alias, ancestors) {
      const target = alias.resolve(document);
      if (target && !ancestors.includes(target)) return;
      readable = false;
      problems.push(
        at(alias.range![0], `*${alias.source} stands for nothing: there is no &${alias.source} before it.`),
      );
    },
  });

  return {
    name,
    data: readable ? withoutEmpty(document.toJS(), 0) : {},
    problems,
    has: (path) => find(document, path).value !== undefined,
    found(path) {
      const { value } = find(document, path);
      if (isMap(value)) return "a mapping";
      if (isSeq(value)) return value.items.length > 0 ? "a list" : "an empty list";
      return value?.range ? presentable(path, text.slice(value.range[0], value.range[1])) : "";
    },
    place: (path) => `${name}:${lines.linePos(find(document, path).nearest?.range?.[0] ?? 0).line}`,
    problem(path, say, key = false) {
      const { key: keyNode, value, nearest } = find(document, path);
      const node = (key ? keyNode : value) ?? nearest;
      return at(node?.range?.[0] ?? 0, say(nameOf(path) || "The file"));
    },
  };
}

function sentenceOf(code: string, message: string, word: string): string {
  if (code === "DUPLICATE_KEY") return `${word} is there twice; keep one.`;
  if (code === "TAG_RESOLVE_FAILED") return `${word} means nothing here; write the value itself.`;
  if (code === "MULTIPLE_DOCS") return "A second document begins here; keep one, and put no --- before it.";
  return `This is not YAML: ${message.replace(/\.$/, "")}.`;
}

interface Found {
  readonly key?: Node;
  readonly value?: Node;
  /** What is there of the way to it. */
  readonly nearest?: Node;
}

/** What is at a path. */
function find(document: Document.Parsed, path: Path): Found {
  const contents: Node | undefined = document.contents ?? undefined;
  let found: Found = { value: contents, nearest: contents };
  for (const step of path) {
    const inside = isAlias(found.value) ? found.value.resolve(document) : found.value;
    const pair = isMap(inside) ? inside.items.find(({ key }) => isScalar(key) && key.value === step) : undefined;
    const key = pair?.key as Node | undefined;
    const value = (isSeq(inside) ? inside.items[Number(step)] : pair?.value) as Node | undefined;
    found = { key, value, nearest: key ?? value ?? found.nearest };
  }
  return found;
}

/**
 * Leaves out the keys that have no value, as when all below one is commented out. A zone or device without anything
 * stays, so that what it lacks is told.
 */
function withoutEmpty(value: unknown, depth: number, above = ""): unknown {
  if (depth === 0 && value === null) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const named = depth === 1 && (above === "zones" || above === "devices");
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    inner === null && named ? {} : withoutEmpty(inner, depth + 1, key),
  ]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== null));
}
