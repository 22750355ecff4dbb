/** Confirmation dialog for actions that cannot be undone. */

import { part, text } from "./dom.js";

/** Asks for confirmation. Resolves to true if the user presses the button labeled `verb`, otherwise to false. */
export function confirm(question: string, consequence: string, verb: string): Promise<boolean> {
  const dialog = part(document, "confirm", HTMLDialogElement);
  const yes = part(dialog, "yes", HTMLButtonElement);
  text(part(dialog, "question", HTMLElement), question);
  text(part(dialog, "consequence", HTMLElement), consequence);
  text(yes, verb);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
