import { isDeepStrictEqual } from "node:util";
import { isMapping, type Mapping } from "../paths.js";
import type { Path } from "../problems.js";
import { commentsOf, parseData, UneditableError } from "./yaml-nodes.js";
import { renameInYaml, setInYaml } from "./yaml-edits.js";

/** The change of one setting: a single value, a list, or a mapping that did not exist before. */
interface SettingEdit {
  readonly path: Path;
  /** The new value; undefined deletes the setting. */
  readonly value: unknown;
}

/**
 * Changes a YAML text so that it contains other data. Only the lines of changed settings change. No comment is lost.
 * @param wanted the new data of the whole file
 * @param renamed a key that gets another name, with its comments: its path and the new name
 * @throws UneditableError if the text has a form that this code cannot change without a loss
 */
export function editText(
  text: string,
  wanted: Mapping,
  renamed?: { readonly path: Path; readonly name: string },
): string {
  let edited = renamed ? renameInYaml(text, renamed.path, renamed.name) : text;
  for (const { path, value } of listDifferences(parseData(edited), wanted)) edited = setInYaml(edited, path, value);
  const same = isDeepStrictEqual(removeEmptyValues(parseData(edited)), removeEmptyValues(wanted));
  if (!same || !isDeepStrictEqual(sortedCommentsOf(text), sortedCommentsOf(edited)))
    throw new UneditableError("the result would differ in more than the changed settings");
  return edited;
}

/** Lists the changes that turn one value into another. Null counts as missing. */
export function listDifferences(before: unknown, after: unknown, path: Path = []): SettingEdit[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => listDifferences(ownValueOf(before, key), ownValueOf(after, key), [...path, key]));
  }
  if (isDeepStrictEqual(before ?? undefined, after ?? undefined)) return [];
  return [{ path, value: after ?? undefined }];
}

const ownValueOf = (mapping: Mapping, key: string): unknown => (Object.hasOwn(mapping, key) ? mapping[key] : undefined);

/** Removes settings without a value and empty mappings at every level. Both mean the same as a missing setting. */
function removeEmptyValues(value: unknown): unknown {
  if (!isMapping(value)) return value ?? undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, removeEmptyValues(inner)] as const);
  const kept = entries.filter(([, inner]) => inner !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

const sortedCommentsOf = (text: string): string[] =>
  commentsOf(text)
    .map((comment) => comment.text)
    .toSorted();
