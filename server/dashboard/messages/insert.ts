/** Inserts messages into the page's HTML. */

import { TEXT_ATTRIBUTES } from "./attributes.js";
import { messageByName, splitMessage } from "./message.js";

/** Inserts messages into the whole document, including its templates. */
export function insertIntoDocument(): void {
  insertMessages(document);
  for (const template of document.querySelectorAll("template")) insertMessages(template.content);
}

/**
 * Inserts the message of each `data-text` attribute as text, and of each `data-text-aria-label` and the like as an
 * attribute. A child with `data-slot="name"` takes the place of the placeholder `{name}`.
 */
export function insertMessages(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    const parts = splitMessage(element.dataset.text!);
    element.replaceChildren(
      ...parts
        .map((part) => (typeof part === "string" ? part : findSlot(element, part.name)))
        .filter((part) => part !== ""),
    );
  }
  for (const attribute of TEXT_ATTRIBUTES)
    for (const element of root.querySelectorAll(`[data-text-${attribute}]`))
      element.setAttribute(attribute, messageByName(element.getAttribute(`data-text-${attribute}`)!));
}

function findSlot(element: Element, name: string): Element {
  const found = element.querySelector(`[data-slot="${name}"]`);
  if (!found)
    throw new Error(`The element with data-text="${(element as HTMLElement).dataset.text}" has no slot ${name}.`);
  return found;
}
