/** Shows a warning when the server cannot store readings, for example because its disk is full. */

import { part, text } from "./dom.js";

/** Shows why the server cannot store data and what to do; hides the warning if `problem` is null. */
export function showStorage(problem: string | null): void {
  const place = part(document, "storage", HTMLElement);
  place.hidden = problem === null;
  text(place, problem ?? "");
}
