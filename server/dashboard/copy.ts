/** Copies text to the clipboard. */

/**
 * Copies text. Browsers offer the clipboard API only over HTTPS and on localhost. Elsewhere, this function selects the
 * text and copies the selection.
 * Returns whether the text was copied.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

function copySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  // adds the field to an open modal dialog, because the dialog makes everything outside of it inert
  const parent = document.querySelector("dialog[open]") ?? document.body;
  const before = document.activeElement;
  parent.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
