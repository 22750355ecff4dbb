/** Types of the message tables. English defines the keys and placeholders; every other language must have the same. */

import type { TranslatedArea } from "./area.js";
import type { en } from "./en.js";

type EnglishTable = typeof en;

/** A complete table in any language. */
export type MessageTable = { readonly [Name in keyof EnglishTable]: TranslatedArea<EnglishTable[Name]> };

/** Key of a message: `area.name`. */
export type MessageKey = {
  [AreaName in keyof EnglishTable]: `${AreaName}.${keyof EnglishTable[AreaName] & string}`;
}[keyof EnglishTable];

type MessageOf<Key extends MessageKey> = Key extends `${infer AreaName extends keyof EnglishTable}.${infer Name}`
  ? Name extends keyof EnglishTable[AreaName]
    ? EnglishTable[AreaName][Name]
    : never
  : never;

type PlaceholdersIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | PlaceholdersIn<Rest> : never;

type Placeholders<M> = M extends string ? PlaceholdersIn<M> : "count" | PlaceholdersIn<M[keyof M]>;

/** Values of the placeholders. Numbers are formatted in the page's language. `count` selects the plural form. */
export type MessageValues<Key extends MessageKey> = {
  readonly [Name in Placeholders<MessageOf<Key>>]: Name extends "count" ? number : string | number;
};

/** Arguments of `message` after the key. A message without placeholders takes none. */
export type MessageArguments<Key extends MessageKey> = [Placeholders<MessageOf<Key>>] extends [never]
  ? []
  : [values: MessageValues<Key>];
