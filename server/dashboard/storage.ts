/** Shows a warning when the server cannot store readings, for example because its disk is full. */

import { findPart, setText } from "./dom.js";

/** Shows why the server cannot store data and what to do; hides the warning if `problem` is null. */
export function showStorageProblem(problem: string | null): void {
  const place = findPart(document, "storage", HTMLElement);
  place.hidden = problem === null;
  setText(place, problem ?? "");
}
