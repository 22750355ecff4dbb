/** Loads the message table of the user's language, and offers the choice of another language. */

import { createElement, findPart } from "../dom.js";
import { readChoice, storeChoice } from "../stored-choice.js";
import { insertIntoDocument } from "./insert.js";
import { chooseLanguage, LANGUAGES, type Language } from "./languages.js";
import { setMessages } from "./message.js";
import type { MessageTable } from "./types.js";

/** Key of the chosen language in the browser's local storage. */
const STORAGE_KEY = "nightlight-language";

/**
 * Loads the texts, inserts them into the document and calls `start`. If the texts cannot be loaded, shows a notice, which
 * the build has inserted into the HTML in English. The style sheet shows the notice after some seconds if this program
 * itself does not load.
 * @throws Error if the texts cannot be loaded
 */
export async function startWithMessages(start: () => void): Promise<void> {
  const incomplete = findPart(document, "incomplete", HTMLElement);
  incomplete.hidden = true;
  try {
    await loadMessages();
  } catch (e) {
    incomplete.hidden = false;
    incomplete.classList.remove("unless-started");
    throw e;
  }
  start();
}

/** Loads the remembered language, or the browser's, and inserts its texts into the document. */
async function loadMessages(): Promise<void> {
  const { language, locale, tag } = chooseLanguage(readChoice(STORAGE_KEY), navigator.languages);
  setMessages(await importTable(language), locale);
  document.documentElement.lang = tag;
  insertIntoDocument();
  offerLanguages(language);
}

async function importTable(language: Language): Promise<MessageTable> {
  // The URL is in a variable, because the bundler would include the tables for a literal URL.
  const url = `./messages-${language}.js`;
  return ((await import(url)) as { table: MessageTable }).table;
}

function offerLanguages(current: Language): void {
  const select = findPart(document, "language", HTMLSelectElement);
  for (const [code, name] of Object.entries(LANGUAGES)) {
    const option = createElement("option", name);
    option.value = code;
    option.lang = code;
    select.append(option);
  }
  select.value = current;
  select.addEventListener("change", () => {
    storeChoice(STORAGE_KEY, select.value);
    location.reload();
  });
}
