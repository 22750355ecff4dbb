/** Fills HTML with messages at build time, so that the page has texts before its script runs. Runs in Node.js. */

import type { Area } from "./area.js";
import { TEXT_ATTRIBUTES } from "./attributes.js";

/**
 * Matches an element with a message, and captures its tag, attributes, message key and content. The content must not
 * contain an element with the same tag.
 */
const TEXT_ELEMENT = /<(\w+)([^>]*\sdata-text="([^"]+)"[^>]*)>([\s\S]*?)<\/\1>/g;
const SLOT_ELEMENT = /<(\w+)[^>]*\sdata-slot="(\w+)"[^>]*>[\s\S]*?<\/\1>/g;
const TEXT_ATTRIBUTE = new RegExp(`data-text-(${TEXT_ATTRIBUTES.join("|")})="([^"]+)"`, "g");

/**
 * Fills in the messages that `data-text` and `data-text-<attribute>` name. Keeps these attributes.
 * @throws Error if the table has no message for a key, or if the HTML has no slot for a placeholder
 */
export function fillTemplate(html: string, table: Readonly<Record<string, Area>>): string {
  const textOf = (key: string): string => {
    const [area, name] = key.split(".");
    const found = table[area]?.[name];
    if (typeof found !== "string") throw new Error(`The template needs a message ${key} without plural forms.`);
    return escapeHtml(found);
  };
  return html
    .replace(TEXT_ATTRIBUTE, (attribute, name: string, key: string) => `${attribute} ${name}="${textOf(key)}"`)
    .replace(TEXT_ELEMENT, (_all, tag: string, attributes: string, key: string, content: string) => {
      const slots = new Map(Array.from(content.matchAll(SLOT_ELEMENT), ([slot, , name]) => [name, slot]));
      const text = textOf(key).replace(/\{(\w+)\}/g, (_placeholder, name: string) => {
        const slot = slots.get(name);
        if (slot === undefined) throw new Error(`The element with data-text="${key}" has no slot ${name}.`);
        return fillTemplate(slot, table);
      });
      return `<${tag}${attributes}>${text}</${tag}>`;
    });
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
