/** Warns about MQTT client ids that several clients use at the same time. Such clients disconnect each other. */

import type { ContestedClientId } from "./api.js";
import { createElement, findPart, setText } from "./dom.js";
import { formatContestedDetails, formatContestedIdTitle } from "./labels.js";
import { message } from "./messages/message.js";

/** Largest number of client ids that are listed by name. Further client ids are only counted. */
const MAX_LISTED_IDS = 5;

/** The element with the details of each notice, by account and client id. */
const detailElements = new Map<string, HTMLElement>();

/**
 * Shows a notice for each of the first `MAX_LISTED_IDS` contested client ids, and counts the others. Hides the section
 * if there are none.
 */
export function showContestedIds(contested: readonly ContestedClientId[]): void {
  const place = findPart(document, "contested", HTMLElement);
  place.hidden = contested.length === 0;
  const named = new Map(
    contested.slice(0, MAX_LISTED_IDS).map((one) => [JSON.stringify([one.account, one.client_id]), one]),
  );
  for (const [key, detail] of detailElements) {
    if (named.has(key)) continue;
    detail.parentElement?.remove();
    detailElements.delete(key);
  }
  const list = findPart(place, "contested-list", HTMLElement);
  for (const [key, one] of named) {
    if (!detailElements.has(key)) detailElements.set(key, addNotice(list, one));
    setText(detailElements.get(key)!, formatContestedDetails(one));
  }
  const more = contested.length - named.size;
  setText(
    findPart(place, "contested-more", HTMLElement),
    more > 0 ? message("page.moreContested", { count: more }) : "",
  );
}

/**
 * Adds a notice. Only its title has the role `alert`, because screen readers would repeat the details, which change
 * with each status poll.
 */
function addNotice(list: HTMLElement, one: ContestedClientId): HTMLElement {
  const title = createElement("strong", formatContestedIdTitle(one));
  title.setAttribute("role", "alert");
  const detail = createElement("span", "");
  const item = document.createElement("li");
  item.append(title, " ", detail);
  list.append(item);
  return detail;
}
