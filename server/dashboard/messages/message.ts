/** Returns the page's texts in the chosen language. */

import type { Area, Message } from "./area.js";
import { formatNumber, setLocale } from "./locale.js";
import type { MessageArguments, MessageKey, MessageTable } from "./types.js";

let table: Readonly<Record<string, Area>> = {};
let plurals = new Intl.PluralRules("en");

/** Sets the language of all texts, numbers and dates. Must be called before the first text is shown. */
export function setMessages(messages: MessageTable, locale: string): void {
  table = messages;
  plurals = new Intl.PluralRules(locale);
  setLocale(locale);
}

/** Returns a message as text, with its placeholders replaced by `values`. */
export function message<Key extends MessageKey>(key: Key, ...[values]: MessageArguments<Key>): string {
  return messageByName(key, values);
}

/** Returns a message like `message`, for a key that is not known at compile time. @throws Error for an unknown key */
export function messageByName(key: string, values?: Readonly<Record<string, string | number>>): string {
  return splitMessage(key, values)
    .map((part) => (typeof part === "string" ? part : `{${part.name}}`))
    .join("");
}

/** A placeholder of a message for which there is no value. */
export interface UnfilledPlaceholder {
  readonly name: string;
}

/** Splits a message into text and the placeholders for which `values` has no value. */
export function splitMessage(
  key: string,
  values: Readonly<Record<string, string | number>> = {},
): (string | UnfilledPlaceholder)[] {
  const [area, name] = key.split(".");
  const found = table[area]?.[name];
  if (found === undefined) throw new Error(`The message table has no key ${key}.`);
  return selectPluralForm(found, values.count)
    .split(/\{(\w+)\}/)
    .map((part, i) => {
      if (i % 2 === 0) return part;
      const value = values[part];
      if (value === undefined) return { name: part };
      return typeof value === "number" ? formatNumber(value) : value;
    });
}

function selectPluralForm(found: Message, count: string | number | undefined): string {
  if (typeof found === "string") return found;
  return found[plurals.select(Number(count))] ?? found.other;
}

/** Joins phrases without the word "and": `a, b, c`. */
export function joinPhrases(phrases: readonly string[]): string {
  return phrases.join(message("page.separator"));
}
