import { isAlias, isMap, isScalar, isSeq, visit, type Alias, type Document, type Node } from "yaml";

/** A YAML syntax error. */
export interface SyntaxProblem {
  /** Position of the error in the text of the file, in UTF-16 code units. */
  readonly offset: number;
  readonly sentence: string;
}

/**
 * Maximum number of values after the expansion of aliases. Protects against exponential expansion ("billion laughs").
 */
const MAX_EXPANDED_VALUES = 5_000_000;

/** Matches a key whose value may contain a secret. */
const SECRET_KEY_PATTERN =
  /(?:^|[{,\s"'])(?:url|username|password|state|broker|history|webhook|webhook_authorization|ntfy|ntfy_token)["']?\s*:/;

/** Finds the syntax errors of a document, and returns whether its values can be used in spite of them. */
export function syntaxProblems(
  document: Document.Parsed,
  text: string,
): { readable: boolean; found: readonly SyntaxProblem[] } {
  const found: SyntaxProblem[] = [];
  let readable = true;
  let brokenLine = -1;
  const startOfLine = (offset: number): number => text.lastIndexOf("\n", offset - 1) + 1;
  /** Returns the word at a position, for an error message; "" if the word may be part of a secret. */
  const wordAt = (offset: number): string =>
    SECRET_KEY_PATTERN.test(text.slice(startOfLine(offset), offset))
      ? ""
      : /^[^\s:]*/.exec(text.slice(offset, offset + 100))![0];

  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const [offset] = pos;
    if (code !== "TAG_RESOLVE_FAILED") {
      readable = false;
      // Report only the first error of a line, because a mistake often causes further errors in the same line.
      if (startOfLine(offset) === brokenLine) continue;
      brokenLine = startOfLine(offset);
    }
    found.push({ offset, sentence: describeSyntaxError(code, message, wordAt(offset)) });
  }

  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node, ancestors) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target && !ancestors.includes(target)) return void targets.set(node, target);
        readable = false;
        const word = wordAt(node.range![0]);
        const sentence = word
          ? `*${node.source} stands for nothing: there is no &${node.source} before it.`
          : "An alias stands here for nothing; put quotes around a text that begins with *.";
        return void found.push({ offset: node.range![0], sentence });
      }
      if (node.anchor) anchors.set(node.anchor, node);
      if (isMap(node)) found.push(...duplicateKeyProblems(node.items.map(({ key }) => key)));
    },
  });
  if (readable && countValues(document.contents, targets, new Map()) > MAX_EXPANDED_VALUES) {
    readable = false;
    found.push({ offset: 0, sentence: `The aliases of this file stand for more than ${MAX_EXPANDED_VALUES.toLocaleString("en-US")} values.` }); // prettier-ignore
  }
  return { readable, found };
}

function duplicateKeyProblems(keys: readonly unknown[]): SyntaxProblem[] {
  const seen = new Set<unknown>();
  const found: SyntaxProblem[] = [];
  for (const key of keys) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value))
      found.push({ offset: key.range![0], sentence: `${formatKey(key.value)} is there twice; keep one.` });
    seen.add(key.value);
  }
  return found;
}

const formatKey = (key: unknown): string => (key === "" || key === null ? "An empty key" : String(key));

/**
 * Counts the values of a node, including all values that its aliases stand for.
 * @param known cache of the counts by node
 */
function countValues(node: unknown, targets: ReadonlyMap<Alias, Node>, known: Map<unknown, number>): number {
  if (isAlias(node)) return known.get(targets.get(node)) ?? 1;
  const inner = isMap(node) ? node.items.map(({ value }) => value) : isSeq(node) ? node.items : [];
  const values = inner.reduce<number>((sum, one) => sum + countValues(one, targets, known), 1);
  known.set(node, values);
  return values;
}

function describeSyntaxError(code: string, message: string, word: string): string {
  if (code === "TAG_RESOLVE_FAILED")
    return word
      ? `${word} means nothing here; write the value itself.`
      : "A tag stands here, which means nothing; put quotes around a text that begins with !.";
  if (code === "MULTIPLE_DOCS") return "A second document begins here; keep one, and put no --- before it.";
  // Remove quoted text from the message, because the text may contain a secret.
  return `This is not YAML: ${word ? message.replace(/\.$/, "") : message.replace(/[:,]? ?["'].*$/s, "")}.`;
}
