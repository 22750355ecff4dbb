import { isAlias, type Alias, type Document, type Node } from "yaml";
import type { Path } from "../problems.js";
import { replaceRange } from "./text-lines.js";
import { aliasesOf, nodesOverlap, parseWithTokens, rangeOf, stepsTo } from "./yaml-nodes.js";
import { renderInFlow } from "./yaml-render.js";

/**
 * Replaces each YAML alias that shares data with the setting at a path by a copy of the data, so that a change at the
 * path changes no other setting. All other aliases stay.
 */
export function replaceSharedAliases(text: string, path: Path): string {
  for (;;) {
    const document = parseWithTokens(text);
    const alias = findSharedAlias(document, path);
    if (!alias) return text;
    const copiedValue = (alias.resolve(document) as Node).toJS(document, { maxAliasCount: -1 }) as unknown;
    text = replaceRange(text, rangeOf(alias), renderInFlow(copiedValue));
  }
}

/** Returns the last alias that must be replaced before a change at a path; undefined if there is none. */
function findSharedAlias(document: Document.Parsed, path: Path): Alias | undefined {
  const aliases = aliasesOf(document);
  if (aliases.length === 0) return undefined;
  const steps = stepsTo(document, path);
  const node = steps.at(-1)?.pair.value as Node | null | undefined;
  // The path leads into an alias.
  if (isAlias(node)) return node;
  if (!node) return undefined;
  return aliases.findLast(([, target]) => nodesOverlap(target, node))?.[0];
}
