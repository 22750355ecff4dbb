/** Finds positions in a YAML text, with the parser of the library `yaml`. */
import {
  CST,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { PARSE_OPTIONS } from "../yaml-file.js";
import type { Path } from "../problems.js";

/** A range of a text, in UTF-16 code units; `end` is excluded. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A comment with its position; `text` begins with `#`. */
export interface Comment extends TextRange {
  readonly text: string;
}

/** A key-value pair and the mapping that contains it. */
export interface PathStep {
  readonly map: YAMLMap;
  readonly pair: Pair;
}

/** Error for a text that cannot be edited, such as one with an explicit key (`? key`). */
export class UneditableError extends Error {}

/** Parses a YAML text. The result includes the tokens of the source, which contain their positions. */
export function parseWithTokens(text: string): Document.Parsed {
  return parseDocument(text, { ...PARSE_OPTIONS, keepSourceTokens: true });
}

/** Parses a YAML text and returns its data; an empty mapping for an empty text. */
export function parseData(text: string): unknown {
  return parseDocument(text, PARSE_OPTIONS).toJS({ maxAliasCount: -1 }) ?? {};
}

/** Returns all comments of a text, in their order. */
export function commentsOf(text: string): Comment[] {
  const comments: Comment[] = [];
  let start = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    // The lexer inserts these lexemes as markers. They do not occur in the text.
    if (type === "doc-mode" || type === "flow-error-end" || type === "scalar") continue;
    if (type === "comment") comments.push({ start, end: start + lexeme.length, text: lexeme.trimEnd() });
    start += lexeme.length;
  }
  return comments;
}

/**
 * Returns the pairs along a path, as far as they exist. An alias ends the result, because it has no pairs of its own.
 */
export function stepsTo(document: Document.Parsed, path: Path): PathStep[] {
  const steps: PathStep[] = [];
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((one) => isScalar(one.key) && one.key.value === key);
    if (!pair) break;
    steps.push({ map: node, pair });
    node = pair.value;
  }
  return steps;
}

/** Returns the aliases of a document with the nodes for which they stand. */
export function aliasesOf(document: Document.Parsed): [alias: Alias, target: Node][] {
  const found: [Alias, Node][] = [];
  visit(document, {
    Alias(_key, alias) {
      const target = alias.resolve(document);
      if (target) found.push([alias, target]);
    },
  });
  return found;
}

/** Returns whether a value is written in flow style, such as `[a, b]`. */
export const isFlow = (node: unknown): boolean => isCollection(node) && node.flow === true;

/** Returns whether a pair has no value: `key:`. */
export const isEmptyPair = ({ value }: Pair): boolean =>
  value === null || (isScalar(value) && value.value === null && value.source === "");

/** Returns the position after the colon of a pair. @throws UneditableError if there is none */
export function endOfColon({ srcToken }: Pair): number {
  const colon = (srcToken as { sep?: readonly CST.SourceToken[] } | undefined)?.sep?.find(
    ({ type }) => type === "map-value-ind",
  );
  if (!colon) throw new UneditableError("a key stands without a colon");
  return colon.offset + colon.source.length;
}

/** Returns the end of a pair's value, without the comments and line breaks that follow. */
export function endOfPair(text: string, pair: Pair): number {
  return isEmptyPair(pair) ? endOfColon(pair) : endOfNode(text, pair.value as Node);
}

/** Returns the end of a node, without the comments and line breaks that follow. */
export function endOfNode(text: string, node: Node): number {
  if (isMap(node) && !node.flow && node.items.length > 0) return endOfPair(text, node.items.at(-1)!);
  if (isSeq(node) && !node.flow && node.items.length > 0) return endOfNode(text, node.items.at(-1) as Node);
  const { start, end } = rangeOf(node);
  return start + text.slice(start, end).trimEnd().length;
}

/** Returns the range of a node's value, without anchor, tag and comments. */
export function rangeOf(node: Node): TextRange {
  const [start, end] = node.range!;
  return { start, end };
}

/** Returns whether one of two nodes contains the other. */
export function nodesOverlap(a: Node, b: Node): boolean {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return (
    a === b || (one.start <= other.start && other.end <= one.end) || (other.start <= one.start && one.end <= other.end)
  );
}

export { isAlias, isMap, isScalar, isSeq };
