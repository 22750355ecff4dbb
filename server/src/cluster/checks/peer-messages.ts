/**
 * Validates messages between servers. The functions accept any bytes and never throw. They cannot detect a forged
 * message in the valid format. `docs/how-to/scaling.md` explains how to keep others from publishing in Redis.
 */
import type { PeerAnswer, PeerMessage } from "../peers.js";
import { isCount, isObject, parseJson } from "./values.js";

/** The longest message, in bytes. The longest message that servers send is the list of 250,000 devices. */
const MAX_MESSAGE_SIZE = 256 * 1024 * 1024;

/** The longest URL path with query that one server forwards to another, in characters. Longer ones are invalid. */
const MAX_URL_LENGTH = 4096;

const HTTP_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/**
 * Whether a value is a server name: the prefix `start`, 12 hexadecimal digits of the data folder, and the run number.
 */
export const isServerName = (value: unknown, start: string): value is string =>
  typeof value === "string" &&
  value.startsWith(start) &&
  /^[0-9a-f]{12}-[1-9]\d{0,15}$/.test(value.slice(start.length));

/** Either a valid message, or the reason why the message is invalid. */
export type CheckedMessage =
  | { readonly message: PeerMessage; readonly problem?: undefined }
  | { readonly problem: string; readonly message?: undefined };

/** Parses and checks a message. @param start the prefix of server names */
export function readPeerMessage(bytes: Buffer, start: string): CheckedMessage {
  if (bytes.length > MAX_MESSAGE_SIZE) return { problem: `it has ${bytes.length} bytes` };
  const message = parseJson(bytes.toString(), MAX_MESSAGE_SIZE);
  if (!isObject(message)) return { problem: "it is not a JSON object" };
  if ("ask" in message) {
    const { ask, from, request } = message;
    if (!isCount(ask) || !isServerName(from, start) || !isObject(request)) return { problem: "it asks nothing" };
    const { method, url, body } = request;
    if (typeof method !== "string" || !HTTP_METHODS.includes(method))
      return { problem: "it asks with no method of ours" };
    if (typeof url !== "string" || url.length > MAX_URL_LENGTH || !/^\/api\/[\x21-\x7e]*$/.test(url))
      return { problem: "it asks for no path of ours" };
    if (body !== undefined && typeof body !== "object") return { problem: "it asks with a body that is no object" };
    return { message: { ask, from, request: { method, url, body: body ?? undefined } } };
  }
  if ("answer" in message) {
    const { answer, with: given } = message;
    if (!isCount(answer) || !isPeerAnswer(given)) return { problem: "it answers nothing" };
    return { message: { answer, with: given } };
  }
  if ("follow" in message)
    return isServerName(message.follow, start)
      ? { message: { follow: message.follow } }
      : { problem: "the one who follows is no server" };
  if ("events" in message)
    return isEventText(message.events)
      ? { message: { events: message.events } }
      : { problem: "its events are damaged" };
  return { problem: "it says nothing that servers say" };
}

/** Whether a value is an HTTP answer whose text is JSON or "". */
function isPeerAnswer(value: unknown): value is PeerAnswer {
  if (!isObject(value)) return false;
  const { status, text } = value;
  if (!isCount(status) || status < 200 || status > 599 || typeof text !== "string") return false;
  return text === "" || parseJson(text, MAX_MESSAGE_SIZE) !== undefined;
}

/** A server-sent event with JSON data. */
const EVENT_PATTERN = /^event: [\w-]+\ndata: ([^\r\n]+)$/;

/** Whether a value consists of server-sent events. */
function isEventText(value: unknown): value is string {
  if (typeof value !== "string" || !value.endsWith("\n\n")) return false;
  return value
    .slice(0, -2)
    .split("\n\n")
    .every((event) => {
      const [, data] = EVENT_PATTERN.exec(event) ?? [];
      return data !== undefined && parseJson(data, MAX_MESSAGE_SIZE) !== undefined;
    });
}

/**
 * Parses a JSON list of devices or zones.
 * @returns undefined unless the text is a list of objects that have a string in the field `key`
 */
export function parseList<T>(text: string, key: keyof T & string): T[] | undefined {
  const list = parseJson(text, MAX_MESSAGE_SIZE);
  return Array.isArray(list) && list.every((one: unknown) => isObject(one) && typeof one[key] === "string")
    ? (list as T[])
    : undefined;
}
