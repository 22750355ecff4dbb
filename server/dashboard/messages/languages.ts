/** The languages of the page, and the choice between them. Does not use the DOM. */

/** The name of each language, in that language, by code. The file `<code>.ts` contains the language's messages. */
export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", zh: "中文" } as const;

export type Language = keyof typeof LANGUAGES;

/** Language tag of each message table, for the `lang` attribute and for the formats of numbers and dates. */
const LANGUAGE_TAGS: Readonly<Record<Language, string>> = { en: "en", de: "de", es: "es", zh: "zh-Hans" };

export interface LanguageChoice {
  readonly language: Language;
  /** Locale for numbers and dates: a locale of the browser, such as `en-GB`, if one has the chosen language. */
  readonly locale: string;
  /** Value of the `lang` attribute. */
  readonly tag: string;
}

/**
 * Chooses the remembered language, otherwise the first of the browser's languages that the page has, otherwise English.
 * @param remembered what the user chose earlier; anything that is not a language is ignored
 * @param preferred the browser's languages, best first
 */
export function chooseLanguage(remembered: string | null, preferred: readonly string[]): LanguageChoice {
  const available = preferred.map(findLanguage);
  const language = findLanguage(remembered ?? "") ?? available.find((code) => code !== undefined) ?? "en";
  const tag = LANGUAGE_TAGS[language];
  const own = preferred.find((locale, i) => available[i] === language && scriptOf(locale) === scriptOf(tag));
  return { language, locale: own ?? tag, tag };
}

/** Returns the script that a language tag implies: `zh-TW` is written with other characters than `zh-CN`. */
function scriptOf(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag).maximize().script;
  } catch {
    return undefined; // not a valid tag
  }
}

/** Returns the language of a tag such as `de-AT`; undefined if the page does not have it. */
function findLanguage(tag: string): Language | undefined {
  const code = tag.toLowerCase().split("-", 1)[0];
  return Object.hasOwn(LANGUAGES, code) ? (code as Language) : undefined;
}
