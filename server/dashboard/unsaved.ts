/** Protects changes that the user has not saved yet: asks before the user leaves them. */

import { askForConfirmation } from "./confirm.js";
import { message } from "./messages/message.js";

/** Functions that return whether an editor has unsaved changes. */
const editors = new Set<() => boolean>();

/** Registers an editor. @param hasChanges whether it has unsaved changes. Returns a function that removes the editor */
export function registerEditor(hasChanges: () => boolean): () => void {
  editors.add(hasChanges);
  return () => editors.delete(hasChanges);
}

/** Returns whether an editor has unsaved changes. */
export function hasUnsavedChanges(): boolean {
  return [...editors].some((hasChanges) => hasChanges());
}

/** Makes the browser ask before it closes or reloads the page with unsaved changes. */
export function guardPage(): void {
  addEventListener("beforeunload", (event) => {
    if (hasUnsavedChanges()) event.preventDefault();
  });
}

/** Asks whether to discard unsaved changes. Resolves to true if the user agrees. */
export function askToDiscard(): Promise<boolean> {
  const [question, consequence] = [message("settings.discardQuestion"), message("settings.discardConsequence")];
  return askForConfirmation(question, consequence, message("settings.discard"));
}

/** Makes Escape ask before it closes a dialog with unsaved changes. Returns a function that closes the dialog likewise. */
export function guardDialog(dialog: HTMLDialogElement, hasChanges: () => boolean): () => void {
  const close = async (): Promise<void> => {
    if (!hasChanges() || (await askToDiscard())) dialog.close();
  };
  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog || !hasChanges()) return;
    event.preventDefault();
    void close();
  });
  return () => void close();
}
