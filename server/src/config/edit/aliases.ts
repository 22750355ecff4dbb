import { isAlias, type Alias, type Document, type Node } from "yaml";
import type { Path } from "../problems.js";
import { splice } from "./text-lines.js";
import { aliasesOf, overlap, parse, rangeOf, stepsTo } from "./yaml-nodes.js";
import { inFlow } from "./yaml-render.js";

/**
 * Replaces aliases by copies of what they stand for, so that a change at a path changes no other setting. All other
 * aliases stay.
 */
export function withoutSharedNodes(text: string, path: Path): string {
  for (;;) {
    const document = parse(text);
    const alias = sharedAlias(document, path);
    if (!alias) return text;
    const copy = (alias.resolve(document) as Node).toJS(document, { maxAliasCount: -1 }) as unknown;
    text = splice(text, rangeOf(alias), inFlow(copy));
  }
}

/** Returns the last alias that must be replaced before a change at a path; undefined if there is none. */
function sharedAlias(document: Document.Parsed, path: Path): Alias | undefined {
  const aliases = aliasesOf(document);
  if (aliases.length === 0) return undefined;
  const steps = stepsTo(document, path);
  const node = steps.at(-1)?.pair.value as Node | null | undefined;
  // The path leads into an alias.
  if (isAlias(node)) return node;
  if (!node) return undefined;
  return aliases.findLast(([, target]) => overlap(target, node))?.[0];
}
