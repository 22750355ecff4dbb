/** Types of messages. An area is the group of messages of one view. */

/** Forms of a message that depend on the number `{count}`, by the categories of `Intl.PluralRules`. */
export type PluralForms = { readonly other: string } & { readonly [category in Intl.LDMLPluralRule]?: string };

/** A message, in which `{name}` is a placeholder for a value. */
export type Message = string | PluralForms;

/** The messages of one area of the page, by name. */
export type Area = Readonly<Record<string, Message>>;

/** An area in another language, with the same names as the English area `A`. */
export type TranslatedArea<A extends Area> = {
  readonly [Name in keyof A]: A[Name] extends string ? string : PluralForms;
};
