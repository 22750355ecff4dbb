/** Changes lines of a text, and keeps its kind of line breaks. */
import type { Comment, TextRange } from "./yaml-nodes.js";

/** Returns the position at which the line of `position` begins. */
export const startOfLine = (text: string, position: number): number => text.lastIndexOf("\n", position - 1) + 1;

/** Returns the position after the line of `position`, including its line break. */
export function endOfLine(text: string, position: number): number {
  const newline = text.indexOf("\n", position);
  return newline < 0 ? text.length : newline + 1;
}

/** Returns the column of a position, from 0. */
export const columnOf = (text: string, position: number): number => position - startOfLine(text, position);

/** Returns whether only spaces precede a position in its line. */
export const isFirstInLine = (text: string, position: number): boolean =>
  /^\s*$/.test(text.slice(startOfLine(text, position), position));

/** Replaces a range of a text. */
export const replaceRange = (text: string, { start, end }: TextRange, by: string): string =>
  text.slice(0, start) + by + text.slice(end);

/** Replaces whole lines. @param range begins and ends at the beginning of a line, or at the end of the text */
export function replaceLines(text: string, range: TextRange, lines: readonly string[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const unfinished = range.start > 0 && text[range.start - 1] !== "\n" ? eol : "";
  return replaceRange(text, range, unfinished + lines.map((line) => line + eol).join(""));
}

/** Returns the comments within a range as lines of their own. */
export function toCommentLines(comments: readonly Comment[], { start, end }: TextRange, indent: string): string[] {
  return comments.filter((one) => one.start >= start && one.end <= end).map(({ text }) => indent + text);
}
