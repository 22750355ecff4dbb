import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { readText } from "./bounded-file.js";
import { nestsDeeperThan } from "./nesting.js";
import { nameOf, formatValue, unreadableReason, type Problem, type Source, type Path } from "./problems.js";
import { syntaxProblems } from "./yaml-syntax.js";

/** Maximum nesting depth of a configuration file. A valid file has at most six levels. */
const MAX_NESTING_DEPTH = 16;

/**
 * Maximum size of a configuration file, in bytes. A file with 100,000 devices that have a label and a rule takes 9 MB.
 */
export const MAX_FILE_SIZE = 64 * 1024 * 1024;

/** Options for parsing configuration files with the library `yaml`. */
export const PARSE_OPTIONS = {
  // Always read the file as YAML 1.2, in which `on` and `18:00` are strings.
  schema: "core",
  stringKeys: true,
  prettyErrors: false,
  // The library would take minutes to check 100,000 devices for duplicate keys. `syntaxProblems` checks the keys
  // instead.
  uniqueKeys: false,
} as const;

/** A parsed configuration file, with the positions of its settings. */
export interface YamlFile extends Source {
  /** Path of the file as the user wrote it. */
  readonly name: string;
  /** The settings. A key without a value is undefined, for example when all lines under the key are commented out. */
  readonly data: unknown;
  /** Syntax errors of the file. If they make the file unreadable, `data` is empty. */
  readonly problems: readonly Problem[];
  /** Returns the position of the setting at a path as `file:line`. The setting must exist. */
  positionOf(path: Path): string;
}

/** Reads a configuration file. Never throws; errors are in `problems`. */
export function readYamlFile(name: string): YamlFile {
  try {
    return parseYaml(name, readText(name, MAX_FILE_SIZE));
  } catch (error) {
    const parsed = parseYaml(name, "");
    return { ...parsed, problems: [{ file: name, text: `${name} cannot be read: ${unreadableReason(error)}.` }] };
  }
}

/** Parses YAML text. @param name file name that the texts of problems contain */
export function parseYaml(name: string, text: string): YamlFile {
  if (nestsDeeperThan(text, MAX_NESTING_DEPTH))
    return { ...parseYaml(name, ""), problems: [{ file: name, text: `${name} nests deeper than any setting does.` }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { ...PARSE_OPTIONS, lineCounter: lines });
  const problemAt = (offset: number, sentence: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file: name, line, column: col, text: `${name}:${line}:${col}: ${sentence}` };
  };
  const { readable, found: syntax } = syntaxProblems(document, text);
  const problems = syntax.map(({ offset, sentence }) => problemAt(offset, sentence));

  return {
    name,
    // No limit for aliases is necessary, because `syntaxProblems` has already rejected files with too many values.
    data: readable ? replaceNulls(document.toJS({ maxAliasCount: -1 }), 0) : {},
    problems,
    has: (path) => findNodes(document, path).value !== undefined,
    formatFoundValue(path) {
      const { value } = findNodes(document, path);
      if (isMap(value)) return "a mapping";
      if (isSeq(value)) return value.items.length > 0 ? "a list" : "an empty list";
      return value?.range ? formatValue(path, text.slice(value.range[0], value.range[1])) : "";
    },
    findKeyBeforeComma(path) {
      const { pair, map } = findNodes(document, path);
      const before = pair && map?.flow ? map.items[map.items.indexOf(pair) - 1] : undefined;
      return pair?.value === null && isScalar(before?.key) ? String(before.key.value) : undefined;
    },
    positionOf: (path) => `${name}:${lines.linePos(findNodes(document, path).nearest?.range?.[0] ?? 0).line}`,
    createProblem(path, sentenceFor, key = false) {
      const { key: keyNode, value, nearest } = findNodes(document, path);
      const node = (key ? keyNode : value) ?? nearest;
      return { ...problemAt(node?.range?.[0] ?? 0, sentenceFor(nameOf(path) || "The file")), path };
    },
  };
}

/** The parts of the YAML document that belong to the setting at a path. */
interface YamlNodes {
  /** The key-value pair of the setting; undefined for an item of a list. */
  readonly pair?: Pair;
  /** The mapping that contains `pair`. */
  readonly map?: YAMLMap;
  readonly key?: Node;
  readonly value?: Node;
  /** The last node on the path that exists. Errors about missing settings point to this node. */
  readonly nearest?: Node;
}

/** Finds the parts of the YAML document that belong to the setting at a path. */
function findNodes(document: Document.Parsed, path: Path): YamlNodes {
  const contents: Node | undefined = document.contents ?? undefined;
  let found: YamlNodes = { value: contents, nearest: contents };
  for (const step of path) {
    const inside = isAlias(found.value) ? found.value.resolve(document) : found.value;
    const map = isMap(inside) ? inside : undefined;
    const pair = map?.items.find(({ key }) => isScalar(key) && key.value === step);
    const key = pair?.key as Node | undefined;
    const value = (isSeq(inside) ? inside.items[Number(step)] : pair?.value) as Node | undefined;
    found = { pair, map, key, value, nearest: key ?? value ?? found.nearest };
  }
  return found;
}

/**
 * Replaces null by undefined, which the schema treats as a missing setting. Replaces the null of a zone or device by an
 * empty mapping, so that the schema reports which settings of the zone or device are missing.
 */
function replaceNulls(value: unknown, depth: number, above = ""): unknown {
  if (depth === 0 && value === null) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const named = depth === 1 && (above === "zones" || above === "devices");
  const entries = Object.entries(value).map(([key, inner]) => {
    if (inner === null) return [key, named ? {} : undefined];
    return [key, replaceNulls(inner, depth + 1, key)];
  });
  return Object.fromEntries(entries);
}
