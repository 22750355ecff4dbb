import { isScalar, isSeq, type Node, type YAMLSeq } from "yaml";
import { toCommentLines, isFirstInLine, endOfLine, startOfLine, replaceLines } from "./text-lines.js";
import { endOfNode, UneditableError, type Comment, type TextRange } from "./yaml-nodes.js";
import { renderInBlock } from "./yaml-render.js";

/**
 * Changes a list in block style (`- item`). Items that stay keep their lines and their comments. The comment of a
 * removed item stays in a line of its own.
 * @param wanted the new items, at least one
 */
export function changeList(
  text: string,
  list: YAMLSeq,
  wanted: readonly unknown[],
  comments: readonly Comment[],
): string {
  const items = (list.items as Node[]).map((node) => itemLinesOf(text, node));
  const indent = items[0].indent;
  const toListLines = (values: readonly unknown[]): string[] =>
    values.map((value) => `${indent}- ${renderInBlock(value)}`);
  let kept = 0;
  const removed = items.filter((_item, index) => {
    const node = list.items[index];
    const stays = isScalar(node) && kept < wanted.length && node.value === wanted[kept];
    if (stays) kept++;
    return !stays;
  });
  // Work from the last line to the first, so that the positions of earlier lines stay correct.
  const end = items.at(-1)!.range.end;
  let changed = replaceLines(text, { start: end, end }, toListLines(wanted.slice(kept)));
  for (const { range } of removed.toReversed())
    changed = replaceLines(changed, range, toCommentLines(comments, range, indent));
  return changed;
}

/** Returns the lines of an item, and the spaces before its `-`. @throws UneditableError if the item begins elsewhere */
function itemLinesOf(text: string, node: Node): { range: TextRange; indent: string } {
  const start = startOfLine(text, node.range![0]);
  const [, indent] = /^( *)- +(?:[&!]\S+ +)*$/.exec(text.slice(start, node.range![0])) ?? [];
  if (indent === undefined || !isFirstInLine(text, start + indent.length) || isSeq(node))
    throw new UneditableError("an item of a list does not begin its line");
  return { range: { start, end: endOfLine(text, endOfNode(text, node)) }, indent };
}
