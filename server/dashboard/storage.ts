/** Warns when the server cannot store readings, because its disk is full for example. */

import { part, text } from "./dom.js";

/** Shows what cannot be stored and what to do about it; hides the notice when that is null. */
export function showStorage(problem: string | null): void {
  const place = part(document, "storage", HTMLElement);
  place.hidden = problem === null;
  text(place, problem ?? "");
}
