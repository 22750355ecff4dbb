/** Creates elements. Texts and attributes are set as data, never as HTML. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Creates an element with attributes and children. Omits attributes that are false or undefined. */
export function buildElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  element.append(...children);
  return element;
}

/** Creates a button that does not submit its form. */
export function createButton(text: string, pressed: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const button = buildElement("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", pressed);
  return button;
}

let ids = 0;

/** Returns an id that no other element of the page has. */
export const createId = (): string => `setting-${++ids}`;
