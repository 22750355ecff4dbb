/**
 * Checks of what servers publish to each other through Redis. They take any bytes whatever, and never throw. They tell
 * what cannot come from a server; who publishes what a server could publish is believed: docs/how-to/scaling.md says how to
 * keep others from publishing.
 */
import type { PeerAnswer, PeerWord } from "../peers.js";
import { isCount, isObject, parse } from "./values.js";

/** The longest word that is read, in bytes: the answer with all devices of a server that has 250,000 is the longest. */
const MAX_WORD = 256 * 1024 * 1024;

/** The longest path with its query that is passed on to another server, in characters. */
const MAX_URL = 4096;

const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/** The name of a server. @param start what names begin with; its data folder's 12 hexadecimal digits and its run follow */
export const isServerName = (value: unknown, start: string): value is string =>
  typeof value === "string" &&
  value.startsWith(start) &&
  /^[0-9a-f]{12}-[1-9]\d{0,15}$/.test(value.slice(start.length));

/** A word, or why it is none. Exactly one of the two is there. */
export type CheckedWord =
  { readonly word: PeerWord; readonly problem?: undefined } | { readonly problem: string; readonly word?: undefined };

/** Reads the JSON that servers publish to each other. @param start what the names of servers begin with */
export function readWord(bytes: Buffer, start: string): CheckedWord {
  if (bytes.length > MAX_WORD) return { problem: `it has ${bytes.length} bytes` };
  const word = parse(bytes.toString(), MAX_WORD);
  if (!isObject(word)) return { problem: "it is not a JSON object" };
  if ("ask" in word) {
    const { ask, from, request } = word;
    if (!isCount(ask) || !isServerName(from, start) || !isObject(request)) return { problem: "it asks nothing" };
    const { method, url, body } = request;
    if (typeof method !== "string" || !METHODS.includes(method)) return { problem: "it asks with no method of ours" };
    if (typeof url !== "string" || url.length > MAX_URL || !/^\/api\/[\x21-\x7e]*$/.test(url))
      return { problem: "it asks for no path of ours" };
    if (body !== undefined && typeof body !== "object") return { problem: "it asks with a body that is no object" };
    return { word: { ask, from, request: { method, url, body: body ?? undefined } } };
  }
  if ("answer" in word) {
    const { answer, with: given } = word;
    if (!isCount(answer) || !isAnswer(given)) return { problem: "it answers nothing" };
    return { word: { answer, with: given } };
  }
  if ("follow" in word)
    return isServerName(word.follow, start)
      ? { word: { follow: word.follow } }
      : { problem: "the one who follows is no server" };
  if ("events" in word)
    return isEvents(word.events) ? { word: { events: word.events } } : { problem: "its events are damaged" };
  return { problem: "it says nothing that servers say" };
}

/** An answer as a server's API gives it: its text is JSON, or "". */
function isAnswer(value: unknown): value is PeerAnswer {
  if (!isObject(value)) return false;
  const { status, text } = value;
  if (!isCount(status) || status < 200 || status > 599 || typeof text !== "string") return false;
  return text === "" || parse(text, MAX_WORD) !== undefined;
}

/** One event, and the JSON that it brings. */
const EVENT = /^event: [\w-]+\ndata: ([^\r\n]+)$/;

/** Events as a server writes them, one after the other, with an empty line after each. */
function isEvents(value: unknown): value is string {
  if (typeof value !== "string" || !value.endsWith("\n\n")) return false;
  return value
    .slice(0, -2)
    .split("\n\n")
    .every((event) => {
      const [, data] = EVENT.exec(event) ?? [];
      return data !== undefined && parse(data, MAX_WORD) !== undefined;
    });
}

/** A list of objects, each with such a text, as another server gives its devices or zones; undefined for anything else. */
export function readList<T>(text: string, key: keyof T & string): T[] | undefined {
  const list = parse(text, MAX_WORD);
  return Array.isArray(list) && list.every((one: unknown) => isObject(one) && typeof one[key] === "string")
    ? (list as T[])
    : undefined;
}
