/** DOM helpers. They write received data only as text and attributes, never as HTML. */

/**
 * Returns the element with `data-part="name"`.
 * @throws Error if the element is missing or of another type
 */
export function findPart<T extends Element>(root: ParentNode, name: string, kind: new () => T): T {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} with data-part="${name}"`);
  return found;
}

/** Returns a copy of the content of a `<template>`. */
export function cloneTemplate(name: string): DocumentFragment {
  return document.importNode(findPart(document, name, HTMLTemplateElement).content, true);
}

/** Creates an element with text. */
export function createElement<K extends keyof HTMLElementTagNameMap>(tag: K, value: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = value;
  return element;
}

/** Sets the text of an element, but only if it changes, so that the browser does no needless work. */
export function setText(element: Element, value: string): void {
  if (element.textContent !== value) element.textContent = value;
}

/** Sets an attribute, but only if its value changes, so that the browser does no needless work. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Shows a device id, split at its last slash into two elements for prefix and name. */
export function showDeviceId(place: ParentNode, id: string): void {
  const slash = id.lastIndexOf("/") + 1;
  setText(findPart(place, "prefix", HTMLElement), id.slice(0, slash));
  setText(findPart(place, "name", HTMLElement), id.slice(slash));
}
