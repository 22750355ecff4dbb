/** Tests random edits of random configuration files. */
import fc from "fast-check";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { editText } from "../../server/src/config/edit/edit-text.js";
import { IS_LONG_RUN, getTestSeed } from "../support/seed.js";

type ConfigurationData = { [key: string]: unknown };

/** The YAML style of one value, and the comments around the value. */
interface ValueStyle {
  readonly above: readonly string[];
  readonly beside: string;
  readonly flow: boolean;
  readonly quote: "" | '"' | "'";
  readonly gap: number;
  readonly anchor: boolean;
  readonly below: string;
}

const commentText = fc.constantFrom("", "", "", "# why", "#", "# a: b", "# {x, 'y", "#   spaces  in it", "# - item");
const style: fc.Arbitrary<ValueStyle> = fc.record({
  above: fc.array(fc.constantFrom("", "# above", "# zones: no", "# threshold: 5"), { maxLength: 2 }),
  beside: commentText,
  flow: fc.boolean(),
  quote: fc.constantFrom("", "", '"', "'"),
  gap: fc.integer({ min: 1, max: 4 }),
  anchor: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
  below: commentText,
});

const keyName = fc.constantFrom("hall", "path", "a-b", "nightlight/porch", "zones", "x y", "123");
const scalar = fc.oneof(
  fc.integer({ min: 0, max: 1023 }),
  fc.double({ min: 0, max: 9, noNaN: true }),
  fc.boolean(),
  fc.constantFrom(
    "10 s",
    "18:00",
    "off",
    "it's",
    'say "x"',
    "a # b",
    "a: b",
    "- x",
    "nightlight/sim-1",
    "",
    "1e3",
    "ü🙂",
    "*a",
    "{b",
  ),
  fc.string({ maxLength: 6 }),
  fc.constantFrom("two\nlines", "tab\t", "# not a comment", "a #b", "x\n# y", "\u2028", "long ".repeat(30)),
);
const list = fc.array(fc.oneof(fc.constantFrom("n/a", "n/b", "n/c-d", "n/e"), scalar), { maxLength: 4 });
const createValueTree = (depth: number): fc.Arbitrary<unknown> =>
  depth === 0
    ? fc.oneof(scalar, list)
    : fc.oneof(scalar, list, fc.dictionary(keyName, createValueTree(depth - 1), { maxKeys: 4, noNullPrototype: true }));
const file = fc.dictionary(keyName, createValueTree(3), { minKeys: 0, maxKeys: 5, noNullPrototype: true });

/** Writes data as YAML with random styles and comments. Some repeated values become aliases of their first copy. */
class YamlWriter {
  readonly #anchors = new Map<string, string>();

  constructor(
    readonly styles: () => ValueStyle,
    readonly step: number,
  ) {}

  formatLines(data: ConfigurationData, indent: string): string[] {
    return Object.entries(data).flatMap(([key, value]) => this.#pair(key, value, indent));
  }

  #pair(key: string, value: unknown, indent: string): string[] {
    const { above, beside, flow, quote, gap, anchor, below } = this.styles();
    const before = above.map((line) => (line ? indent + line : ""));
    const comment = beside && " ".repeat(gap) + beside;
    const inner = indent + " ".repeat(this.step);
    const head = `${indent}${formatScalar(key, quote)}:${" ".repeat(gap)}`;
    const after = below ? [indent + below] : [];
    const isNested = typeof value === "object" && Object.keys(value as object).length > 0;
    if (!isNested || flow) {
      const written = this.#formatAliasOrAnchor(value, anchor) ?? formatFlowValue(value, quote);
      return [...before, head + written + comment, ...after];
    }
    const nested = Array.isArray(value)
      ? value.flatMap((item) => this.#item(item, inner))
      : this.formatLines(value as ConfigurationData, inner);
    return [...before, head.trimEnd() + comment, ...nested, ...after];
  }

  #item(item: unknown, indent: string): string[] {
    const { above, beside, quote, gap } = this.styles();
    return [
      ...above.map((line) => line && indent + line),
      `${indent}- ${formatScalar(item, quote)}${beside && " ".repeat(gap) + beside}`,
    ];
  }

  /**
   * Returns an alias if an equal value has an anchor. Otherwise returns the value with a new anchor, or undefined if
   * `anchor` is false.
   */
  #formatAliasOrAnchor(value: unknown, anchor: boolean): string | undefined {
    const text = JSON.stringify(value);
    const name = this.#anchors.get(text);
    if (name) return `*${name}`;
    if (!anchor) return undefined;
    this.#anchors.set(text, `s${this.#anchors.size}`);
    return `&${this.#anchors.get(text)} ${formatFlowValue(value, "")}`;
  }
}

function formatScalar(value: unknown, quote: ValueStyle["quote"]): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (quote === "'" && !/[\p{C}\u2028\u2029]/u.test(value)) return `'${value.replaceAll("'", "''")}'`;
  const isPlain = /^[a-z][a-z/ -]*$/i.test(value) && !/^(true|false|null)$/i.test(value) && value.trim() === value;
  return quote === "" && isPlain ? value : JSON.stringify(value);
}

function formatFlowValue(value: unknown, quote: ValueStyle["quote"]): string {
  if (Array.isArray(value)) return `[ ${value.map((item) => formatScalar(item, quote)).join(",  ")} ]`;
  if (typeof value !== "object") return formatScalar(value, quote);
  const pairs = Object.entries(value as ConfigurationData).map(
    ([key, inner]) => `${formatScalar(key, "")}: ${formatFlowValue(inner, quote)}`,
  );
  return `{ ${pairs.join(", ")} }`;
}

const countComments = (lines: readonly string[]): number => lines.filter((line) => line.includes("#")).length;

/** Sets or deletes a value in a copy of the data. This is the specification of an edit. */
function applyEdit(data: ConfigurationData, path: readonly string[], value: unknown): ConfigurationData {
  const copy = structuredClone(data);
  let inner = copy;
  for (const key of path.slice(0, -1)) {
    if (typeof inner[key] !== "object" || inner[key] === null || Array.isArray(inner[key])) inner[key] = {};
    inner = inner[key] as ConfigurationData;
  }
  const last = path.at(-1)!;
  if (value === undefined) delete inner[last];
  else inner[last] = value;
  return copy;
}

/** Removes empty mappings, which mean the same as no mapping. */
function removeEmptyMappings(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value ?? undefined;
  const entries = Object.entries(value as ConfigurationData).map(
    ([key, inner]) => [key, removeEmptyMappings(inner)] as const,
  );
  const kept = entries.filter(([, inner]) => inner !== undefined && (typeof inner !== "object" || Array.isArray(inner) || Object.keys(inner as object).length > 0)); // prettier-ignore
  return Object.fromEntries(kept);
}

const edit = fc.record({
  path: fc.array(keyName, { minLength: 1, maxLength: 3 }),
  value: fc.oneof(scalar, list, createValueTree(2), fc.constant(undefined)),
});

test("random edits change what they should, and lose no comment and no other setting", () => {
  fc.assert(
    fc.property(
      file,
      fc.infiniteStream(style),
      fc.constantFrom(2, 4),
      fc.constantFrom("\n", "\r\n"),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      (data, styles, step, eol, edits) => {
        const iterator = styles[Symbol.iterator]();
        const writer = new YamlWriter(() => iterator.next().value as ValueStyle, step);
        const lines = ["# head", ...writer.formatLines(data, "")];
        let text = lines.map((line) => line + eol).join("");
        let model = data;
        const parseText = (): ConfigurationData =>
          (parse(text, { stringKeys: true, uniqueKeys: false }) ?? {}) as ConfigurationData;
        expect(removeEmptyMappings(parseText()), text).toEqual(removeEmptyMappings(model));
        for (const { path, value } of edits) {
          const before = text;
          model = applyEdit(model, path, value);
          text = editText(text, model);
          expect(removeEmptyMappings(parseText()), `${before}\n=> ${JSON.stringify({ path, value })}\n${text}`).toEqual(
            removeEmptyMappings(model),
          );
        }
        expect(countComments(text.split(eol)), text).toBeGreaterThanOrEqual(1);
        const countOccurrences = (written: string, wanted: string): number => written.split(wanted).length - 1;
        for (const words of [
          "# above",
          "# zones: no",
          "# threshold: 5",
          "# a: b",
          "# {x, 'y",
          "#   spaces  in it",
          "# - item",
        ])
          // prettier-ignore
          expect(countOccurrences(text, words), text).toBe(countOccurrences(lines.join("\n"), words));
      },
    ),
    { seed: getTestSeed(), numRuns: IS_LONG_RUN ? 5000 : 300 },
  );
});
