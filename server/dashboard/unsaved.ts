/** Protects changes that the user has not saved yet: asks before the user leaves them. */

import { askForConfirmation } from "./confirm.js";
import { message } from "./messages/message.js";

/** One function for each open form or slider that edits settings. It returns whether there are unsaved changes. */
const editors = new Set<() => boolean>();

/**
 * Registers a form or slider whose unsaved changes must not be lost.
 * @param hasChanges returns whether there are unsaved changes
 * @returns a function that ends the registration
 */
export function registerEditor(hasChanges: () => boolean): () => void {
  editors.add(hasChanges);
  return () => editors.delete(hasChanges);
}

/** Returns whether any registered form or slider has unsaved changes. */
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

/**
 * Makes the Escape key ask before it closes a dialog with unsaved changes.
 * @returns a function that also closes the dialog, and asks in the same way
 */
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
