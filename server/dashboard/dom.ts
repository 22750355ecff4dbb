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

/** Sets text, and leaves the page alone when it says so already. */
export function text(element: Element, value: string): void {
  if (element.textContent !== value) element.textContent = value;
}

/** Sets an attribute, and leaves the page alone when it is so already. */
export function attribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
