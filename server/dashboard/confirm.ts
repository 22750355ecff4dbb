/** Confirmation dialog for actions that cannot be undone. */

import { findPart, setText } from "./dom.js";

/** Asks for confirmation. Resolves to true if the user presses the button labeled `verb`, otherwise to false. */
export function askForConfirmation(question: string, consequence: string, verb: string): Promise<boolean> {
  const dialog = findPart(document, "confirm", HTMLDialogElement);
  const yes = findPart(dialog, "yes", HTMLButtonElement);
  setText(findPart(dialog, "question", HTMLElement), question);
  setText(findPart(dialog, "consequence", HTMLElement), consequence);
  setText(yes, verb);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
