/**
 * Changes single settings in a YAML text. All other lines stay as they are, byte for byte: comments, order, anchors and
 * spaces. The library `yaml` finds the positions and writes the new values.
 */
import { isMap, isScalar, isSeq, type Document, type Node, type Pair, type YAMLMap } from "yaml";
import { isMapping } from "../paths.js";
import type { Path } from "../problems.js";
import { replaceSharedAliases } from "./aliases.js";
import { changeList } from "./lists.js";
import {
  columnOf,
  toCommentLines,
  isFirstInLine,
  endOfLine,
  startOfLine,
  replaceRange,
  replaceLines,
} from "./text-lines.js";
import {
  endOfColon,
  commentsOf,
  endOfPair,
  isEmptyPair,
  isFlow,
  parseWithTokens,
  rangeOf,
  stepsTo,
  UneditableError,
  type TextRange,
  type PathStep,
} from "./yaml-nodes.js";
import { renderLines, renderInBlock, renderInFlow } from "./yaml-render.js";

/** The indentation of new lines in a file that has no indented lines yet. */
const DEFAULT_INDENTATION = 2;

/** Sets or deletes the setting at a path. @param value the new value; undefined deletes the setting */
export function setInYaml(text: string, path: Path, value: unknown): string {
  return new YamlEdit(replaceSharedAliases(text, path)).set(path, value);
}

/** Gives the key at the end of a path another name. @throws UneditableError if there is no such key */
export function renameInYaml(text: string, path: Path, name: string): string {
  const steps = stepsTo(parseWithTokens(text), path);
  const key = steps.length === path.length ? steps.at(-1)!.pair.key : undefined;
  if (!isScalar(key)) throw new UneditableError("there is no such key");
  return replaceRange(text, rangeOf(key), renderInFlow(name));
}

/** A change of one text. Each instance is used once, because a change moves the positions of the nodes in the text. */
class YamlEdit {
  readonly #text: string;
  readonly #document: Document.Parsed;

  constructor(text: string) {
    this.#text = text;
    this.#document = parseWithTokens(text);
  }

  set(path: Path, value: unknown): string {
    const steps = stepsTo(this.#document, path);
    const exists = steps.length === path.length;
    const parents = exists ? steps.slice(0, -1) : steps;
    if (isFlow(this.#document.contents) || parents.some(({ pair }) => isFlow(pair.value)))
      return this.#changeFlow(steps, path, value);
    if (exists) return value === undefined ? this.#delete(steps.at(-1)!) : this.#replace(steps.at(-1)!, value);
    if (value === undefined) return this.#text;
    const rest = path.slice(steps.length);
    const nested = rest.reduceRight((inner, key) => Object.fromEntries([[key, inner]]), value) as object;
    return this.#insert(steps, nested);
  }

  /** Adds pairs to the mapping at the end of `steps`, or to the file if there are no steps. */
  #insert(steps: readonly PathStep[], pairs: object): string {
    const last = steps.at(-1);
    const container = last ? last.pair.value : this.#document.contents;
    if (isMap(container) && !isFlow(container) && container.items.length > 0)
      return this.#append(container, renderLines(pairs, this.#indentOf(container), this.#step));
    if (last) return this.#replace(last, pairs);
    const end = this.#text.length;
    return replaceLines(this.#text, { start: end, end }, renderLines(pairs, "", this.#step));
  }

  #append(map: YAMLMap, lines: readonly string[]): string {
    const end = endOfLine(this.#text, endOfPair(this.#text, map.items.at(-1)!));
    return replaceLines(this.#text, { start: end, end }, lines);
  }

  /** Deletes a pair. Comments on its lines stay, in lines of their own. */
  #delete({ map, pair }: PathStep): string {
    const indent = this.#indentOf(map);
    const range = this.#linesOf(pair);
    return replaceLines(this.#text, range, this.#comments(range, indent));
  }

  #replace({ map, pair }: PathStep, value: unknown): string {
    const old = pair.value as Node | null;
    if (isMap(old) && !isFlow(old) && isMapping(value) && Object.keys(value).length > 0)
      throw new UneditableError("a mapping replaces another one as a whole");
    if (isSeq(old) && !isFlow(old) && Array.isArray(value) && value.length > 0)
      return changeList(this.#text, old, value, commentsOf(this.#text));
    if (isMultiline(value) && !(Array.isArray(value) && isFlow(old))) return this.#replaceByLines(map, pair, value);
    const written = isFlow(old) ? renderInFlow(value) : renderInBlock(value);
    if (isEmptyPair(pair))
      return replaceRange(this.#text, { start: endOfColon(pair), end: endOfColon(pair) }, ` ${written}`);
    const isOnOneLine = (isScalar(old) && !isBlockScalar(old)) || isFlow(old);
    const range = { start: rangeOf(old!).start, end: endOfPair(this.#text, pair) };
    if (isOnOneLine && this.#comments(range, "").length === 0) return replaceRange(this.#text, range, written);
    return this.#replaceByLines(map, pair, undefined, ` ${written}`);
  }

  /**
   * Replaces the value of a pair by a mapping or list in lines of its own, or by a value on the line of the key.
   * Comments of the old value stay.
   */
  #replaceByLines(map: YAMLMap, pair: Pair, value: object | undefined, written = ""): string {
    const indent = this.#indentOf(map);
    const { end } = this.#linesOf(pair);
    const colon = endOfColon(pair);
    const region = { start: colon, end };
    const [sameLine, ...below] = this.#comments(region, "");
    const key = this.#text.slice(startOfLine(this.#text, colon), colon) + written;
    const nested = value ? renderLines(value, indent + " ".repeat(this.#step), this.#step) : [];
    const lines = [sameLine ? `${key} ${sameLine}` : key, ...below.map((comment) => indent + comment), ...nested];
    return replaceLines(this.#text, { start: startOfLine(this.#text, colon), end }, lines);
  }

  /** Changes a setting inside a flow collection: a single value in place, otherwise by writing the collection again. */
  #changeFlow(steps: readonly PathStep[], path: Path, value: unknown): string {
    const old = steps.length === path.length ? (steps.at(-1)!.pair.value as Node | null) : undefined;
    if (isScalar(old) && !isEmptyPair(steps.at(-1)!.pair) && value !== undefined && !isMultiline(value))
      return replaceRange(this.#text, rangeOf(old), renderInFlow(value));
    const outer = steps.findIndex(({ pair }) => isFlow(pair.value));
    const flowMap = (outer < 0 ? this.#document.contents : steps[outer].pair.value) as YAMLMap;
    const isRoot = isFlow(this.#document.contents);
    const collection = isRoot ? (this.#document.contents as YAMLMap) : flowMap;
    if (!isRoot && collection.items.length === 0) return this.#insertInto(steps[outer], path.slice(outer + 1), value);
    const data = collection.toJS(this.#document, { maxAliasCount: -1 }) as object;
    const written = renderInFlow(withValue(data, isRoot ? path : path.slice(outer + 1), value));
    const range = rangeOf(collection);
    const comments = this.#comments(range, isRoot ? "" : this.#indentOf(steps[outer].map));
    const changed = replaceRange(this.#text, range, written);
    const start = startOfLine(this.#text, isRoot ? range.start : (steps[outer].pair.key as Node).range![0]);
    return comments.length === 0 ? changed : replaceLines(changed, { start, end: start }, comments);
  }

  /** Replaces the empty flow collection of a pair by lines in block style, which contain the new value. */
  #insertInto(step: PathStep, rest: Path, value: unknown): string {
    if (value === undefined) return this.#text;
    const nested = rest.reduceRight((inner, key) => Object.fromEntries([[key, inner]]), value) as object;
    return this.#replaceByLines(step.map, step.pair, nested);
  }

  /** Returns the lines of a pair. @throws UneditableError if the pair does not begin its line */
  #linesOf(pair: Pair): TextRange {
    const start = rangeOf(pair.key as Node).start;
    if (!isFirstInLine(this.#text, start)) throw new UneditableError("a key does not begin its line");
    return { start: startOfLine(this.#text, start), end: endOfLine(this.#text, endOfPair(this.#text, pair)) };
  }

  #comments(range: TextRange, indent: string): string[] {
    return toCommentLines(commentsOf(this.#text), range, indent);
  }

  #indentOf(map: YAMLMap): string {
    const { start } = rangeOf(map.items[0].key as Node);
    if (!isFirstInLine(this.#text, start)) throw new UneditableError("a key does not begin its line");
    return " ".repeat(columnOf(this.#text, start));
  }

  /** The number of spaces by which nested lines are indented in this file. */
  get #step(): number {
    const { contents } = this.#document;
    const inner = isMap(contents) ? contents.items.map(({ value }) => value).find((one) => isMap(one) && !one.flow) : undefined; // prettier-ignore
    const first = isMap(inner) ? (inner.items[0]?.key as Node | undefined) : undefined;
    return (first?.range && columnOf(this.#text, first.range[0])) || DEFAULT_INDENTATION;
  }
}

const isBlockScalar = (node: unknown): boolean =>
  isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");

/** Returns whether a value needs lines of its own in block style. */
const isMultiline = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

/** Returns a copy of the data with another value at a path. */
function withValue(data: unknown, [key, ...rest]: Path, value: unknown): unknown {
  const entries = Object.entries(isMapping(data) ? data : {});
  const inner = rest.length === 0 ? value : withValue(isMapping(data) ? data[key] : undefined, rest, value);
  const others = entries.filter(([name]) => name !== key);
  if (inner === undefined) return Object.fromEntries(others);
  if (others.length === entries.length) return Object.fromEntries([...entries, [key, inner]]);
  return Object.fromEntries(entries.map(([name, old]) => [name, name === key ? inner : old]));
}
