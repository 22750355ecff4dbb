/** Warns about client ids that two clients use at the same time: the broker must end one connection for the other. */

import type { ContestedClientId } from "./api.js";
import { make, part, text } from "./dom.js";
import { contestedDetail, contestedTitle } from "./sentences.js";
import { count } from "./words.js";

/** How many client ids the notice names. */
const MOST_NAMED = 5;

/** The detail of each notice on the page, by account and client id. */
const details = new Map<string, HTMLElement>();

/** Shows a notice for each client id, or none. */
export function showContested(contested: readonly ContestedClientId[]): void {
  const place = part(document, "contested", HTMLElement);
  place.hidden = contested.length === 0;
  const named = new Map(
    contested.slice(0, MOST_NAMED).map((one) => [JSON.stringify([one.account, one.client_id]), one]),
  );
  for (const [key, detail] of details) {
    if (named.has(key)) continue;
    detail.parentElement?.remove();
    details.delete(key);
  }
  const list = part(place, "contested-list", HTMLElement);
  for (const [key, one] of named) {
    if (!details.has(key)) details.set(key, addNotice(list, one));
    text(details.get(key)!, contestedDetail(one));
  }
  const more = contested.length - named.size;
  text(part(place, "contested-more", HTMLElement), more > 0 ? `And ${count(more, "more client id")}.` : "");
}

/** Adds a notice. Its detail is not a part of the alert, so that a screen reader does not repeat it at each request. */
function addNotice(list: HTMLElement, one: ContestedClientId): HTMLElement {
  const title = make("strong", contestedTitle(one));
  title.setAttribute("role", "alert");
  const detail = make("span", "");
  const item = document.createElement("li");
  item.append(title, " ", detail);
  list.append(item);
  return detail;
}
