/** Choices of the user that the browser remembers. Browsers may forbid storage, for example in frames. */

/** Returns the choice that is stored under `key`; null if there is none. */
export function readChoice(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Stores a choice; null removes it. Does nothing if the browser forbids storage. */
export function storeChoice(key: string, choice: string | null): void {
  try {
    if (choice === null) localStorage.removeItem(key);
    else localStorage.setItem(key, choice);
  } catch {
    return; // the choice is lost when the page is closed
  }
}
