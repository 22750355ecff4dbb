/** Shows text to copy: commands, and secrets that the server shows only once. */

import { copyText } from "../copy.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";

/** How long a button says that its text was copied, in ms. */
const CONFIRMATION_TIME = 2000;

/** Shows a text with a button that copies it. Returns a function that changes the text. */
export function showCopyableText(place: HTMLElement, text: string): (text: string) => void {
  const part = cloneTemplate("copyable-template");
  const shown = findPart(part, "text", HTMLElement);
  const button = findPart(part, "copy", HTMLButtonElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const setLabel = (value: string) => setText(button, value);
  setText(shown, text);
  button.addEventListener("click", () => {
    void copyText(shown.textContent ?? "").then((copied) => {
      setLabel(copied ? message("addBoard.copied") : message("addBoard.notCopied"));
      clearTimeout(timer);
      timer = setTimeout(() => setLabel(message("addBoard.copy")), CONFIRMATION_TIME);
    });
  });
  place.replaceChildren(part);
  return (next) => setText(shown, next);
}

/** Shows a secret that nobody can see again, with its title. */
export function showSecret(place: HTMLElement, title: string, secret: string): void {
  const part = cloneTemplate("secret-template");
  const heading = findPart(part, "title", HTMLElement);
  setText(heading, title);
  showCopyableText(findPart(part, "secret", HTMLElement), secret);
  findPart(part, "done", HTMLButtonElement).addEventListener("click", () => place.replaceChildren());
  place.replaceChildren(part);
  heading.focus();
}
