/** The little that the page needs of the DOM. Text from the wire goes through `text` and attributes alone: never HTML. */

/**
 * The element that the page marks with `data-part="name"`.
 * @throws Error when it is missing, or another kind of element: then page and program do not fit together.
 */
export function part<T extends Element>(root: ParentNode, name: string, kind: new () => T): T {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} with data-part="${name}"`);
  return found;
}

/** A copy of what is in the page's template of that name. */
export function copy(name: string): DocumentFragment {
  return document.importNode(part(document, name, HTMLTemplateElement).content, true);
}

/** An element with this text. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, value: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = value;
  return element;
}

/** Sets text, and leaves the page alone when it says so already. */
export function text(element: Element, value: string): void {
  if (element.textContent !== value) element.textContent = value;
}

/** Sets an attribute, and leaves the page alone when it is so already. */
export function attribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Writes an id with what stands before its last slash apart. */
export function writeId(place: ParentNode, id: string): void {
  const slash = id.lastIndexOf("/") + 1;
  text(part(place, "prefix", HTMLElement), id.slice(0, slash));
  text(part(place, "name", HTMLElement), id.slice(slash));
}
