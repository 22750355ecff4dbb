/** Tells whether events have overtaken the answer to a request, which comes over another connection. */

import type { Mode } from "./api.js";

interface Overridable {
  readonly mode: Mode;
  readonly until: string | null;
}

/**
 * Returns whether the page already knows a newer state of a device or zone than the answer to an override: one that
 * events have brought since the request and that contains the override, or that it was deleted.
 * @param answer the state in the answer
 * @param before the state that the page knew before the request; undefined if it knew none
 * @param current the state that the page knows now; undefined if it knows none
 */
export function isOvertaken(
  answer: Overridable,
  before: Overridable | undefined,
  current: Overridable | undefined,
): boolean {
  if (current === before) return false;
  return current === undefined || (current.mode === answer.mode && current.until === answer.until);
}
