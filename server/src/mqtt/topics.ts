import { isUtf8 } from "node:buffer";

/** Maximum number of levels in a topic name or filter. MQTT sets no limit, aedes allows 100, Mosquitto 200. */
export const MAX_TOPIC_LEVELS = 100;

/** Control characters, and the Unicode non-characters below U+10000 (MQTT 5.0, 1.5.4). */
// eslint-disable-next-line no-control-regex
const FORBIDDEN_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/;

/**
 * Checks an MQTT UTF-8 string [MQTT-1.5.3-1] [MQTT-1.5.3-2].
 *
 * Control characters and non-characters count as invalid. MQTT lets a server refuse them, and Mosquitto and Paho clients
 * disconnect when they receive a topic that contains one.
 * @returns why the bytes are invalid; "" when they are valid
 */
export function stringProblem(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte >= 0x80) return unicodeProblem(bytes.subarray(start, end));
    if (byte < 0x20 || byte === 0x7f) return "contains a control character";
  }
  return "";
}

function unicodeProblem(bytes: Buffer): string {
  if (!isUtf8(bytes)) return "is not valid UTF-8";
  return textProblem(bytes.toString());
}

/** Checks decoded text for control characters and non-characters. @returns why it is invalid; "" when it is valid */
export function textProblem(text: string): string {
  return FORBIDDEN_CHARACTERS.test(text) || hasHighNonCharacter(text)
    ? "contains a control character or a non-character"
    : "";
}

/** Returns whether text contains a non-character above U+FFFF: the last two code points of each Unicode plane. */
function hasHighNonCharacter(text: string): boolean {
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point > 0xffff && (point & 0xfffe) === 0xfffe) return true;
  }
  return false;
}

/** Checks a topic name (MQTT 3.1.1, 4.7). @returns why it is invalid; "" when it is valid */
export function topicNameProblem(topic: string): string {
  if (topic === "") return "is empty";
  if (topic.includes("+") || topic.includes("#")) return "contains a wildcard";
  return textProblem(topic) || levelsProblem(topic);
}

/**
 * Checks a topic filter [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1].
 * @returns why it is invalid; "" when it is valid
 */
export function topicFilterProblem(filter: string): string {
  if (filter === "") return "is empty";
  const levels = filter.split("/");
  for (const [index, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") return "has a + beside other characters in a level";
    if (level.includes("#") && (level !== "#" || index < levels.length - 1))
      return "has a # that is not its whole last level";
  }
  return levels.length > MAX_TOPIC_LEVELS ? `has more than ${MAX_TOPIC_LEVELS} levels` : "";
}

function levelsProblem(topic: string): string {
  let levels = 1;
  for (let at = topic.indexOf("/"); at >= 0; at = topic.indexOf("/", at + 1)) levels++;
  return levels > MAX_TOPIC_LEVELS ? `has more than ${MAX_TOPIC_LEVELS} levels` : "";
}

/** Returns whether a valid topic filter matches a topic name (MQTT 3.1.1, 4.7). */
export function filterMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  // a filter that begins with a wildcard matches no topic that begins with $ [MQTT-4.7.2-1]
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  const pattern = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of pattern.entries()) {
    // "#" matches all remaining levels (MQTT 3.1.1, 4.7.1.2)
    if (level === "#") return true;
    if (index >= levels.length) return false;
    if (level !== "+" && level !== levels[index]) return false;
    if (index === levels.length - 1) return pattern.length === levels.length || isFollowedByHashOnly(pattern, index);
  }
  return false;
}

/** Returns whether only a `#` follows this level: `a/#` also matches its parent `a` (MQTT 3.1.1, 4.7.1.2). */
function isFollowedByHashOnly(pattern: readonly string[], index: number): boolean {
  return pattern.length === index + 2 && pattern[index + 1] === "#";
}

export function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}
