/** Sends overrides, and recognizes answers that are older than the events of the live connection. */

import type { Mode } from "./api.js";

interface Overridable {
  readonly mode: Mode;
  readonly until: string | null;
}

/** The part of a store that concerns the overridden device or zone. */
interface Overridden {
  /** Returns the state that the page knows; undefined if it knows none. */
  get(): Overridable | undefined;
  /** @param changed called after each change. Returns a function that ends the subscription. */
  subscribe(changed: () => void): () => void;
}

const overrideOf = ({ mode, until }: Overridable): string => `${mode} ${until}`;

/**
 * Sends an override, and returns the answer. Returns undefined if the page already knows a newer state of the device or
 * zone: events have brought the override since the request, and perhaps further changes, or the deletion.
 * @throws ApiError
 */
export async function sendOverride<T extends Overridable>(
  send: () => Promise<T>,
  { get, subscribe }: Overridden,
): Promise<T | undefined> {
  const before = get();
  const seen = new Set<string>();
  const unsubscribe = subscribe(() => {
    const state = get();
    if (state && state !== before) seen.add(overrideOf(state));
  });
  try {
    const answer = await send();
    const current = get();
    const isOvertaken = current === undefined ? before !== undefined : seen.has(overrideOf(answer));
    return isOvertaken ? undefined : answer;
  } finally {
    unsubscribe();
  }
}
