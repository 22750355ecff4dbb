/** The color theme: the browser's, or the one that the user chose. */

import { findPart, setAttribute } from "./dom.js";
import { message } from "./messages/message.js";
import { readChoice, storeChoice } from "./stored-choice.js";

type Theme = "light" | "dark";

/** Key of the chosen theme in the browser's local storage. */
const STORAGE_KEY = "nightlight-theme";

const lightThemeQuery = matchMedia("(prefers-color-scheme: light)");

/**
 * Applies the chosen theme, and lets the theme button switch between light and dark.
 * @param changed called after each change of the theme
 */
export function setUpTheme(changed: () => void = () => {}): void {
  const button = findPart(document, "theme", HTMLButtonElement);
  const queries = findThemeQueries();
  const applyTheme = () => {
    const theme = getCurrentTheme();
    // eslint-disable-next-line no-restricted-syntax -- a media query, not text of the page
    for (const [list, query] of queries) list.mediaText = query.includes(theme) ? "all" : "not all";
    const label = message(theme === "light" ? "page.darkTheme" : "page.lightTheme");
    for (const name of ["aria-label", "title"]) setAttribute(button, name, label);
    document.documentElement.dataset.theme = theme;
    changed();
  };
  button.addEventListener("click", () => {
    const theme = getCurrentTheme() === "light" ? "dark" : "light";
    // The browser's own theme is not stored, so that the page follows the browser again.
    storeChoice(STORAGE_KEY, theme === getBrowserTheme() ? null : theme);
    applyTheme();
  });
  lightThemeQuery.addEventListener("change", applyTheme);
  applyTheme();
}

function getBrowserTheme(): Theme {
  return lightThemeQuery.matches ? "light" : "dark";
}

function getCurrentTheme(): Theme {
  const chosen = readChoice(STORAGE_KEY);
  return chosen === "light" || chosen === "dark" ? chosen : getBrowserTheme();
}

/** Returns the media queries for a color scheme in the style sheets and in `<meta>` elements, with their original text. */
function findThemeQueries(): [list: { mediaText: string }, query: string][] {
  const rules = Array.from(document.styleSheets).flatMap(({ cssRules }) => Array.from(cssRules));
  const lists: { mediaText: string }[] = rules.filter((rule) => rule instanceof CSSMediaRule).map(({ media }) => media);
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[media]"))
    lists.push({
      get mediaText() {
        return meta.media;
      },
      set mediaText(query) {
        meta.media = query;
      },
    });
  return lists
    .map((list): [typeof list, string] => [list, list.mediaText])
    .filter(([, query]) => query.includes("prefers-color-scheme"));
}
