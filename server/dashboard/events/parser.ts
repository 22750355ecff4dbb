/** Server-sent events, out of the pieces of text in which they arrive. Pure. */

import type { ServerEvent } from "./protocol.js";

/** What stands between two events. */
const END = "\n\n";

/**
 * Makes a parser: each call takes the next piece of text and returns the events that it completes. Comments, such as
 * the server's heartbeat, are no events. Each event of the server has one line of data, which is JSON.
 */
export function createParser(): (piece: string) => ServerEvent[] {
  /** The beginning of an event. A list, so that an event of many megabytes is put together only once. */
  let parts: string[] = [];
  /** A line feed at the end of the last piece: perhaps the first half of `END`. */
  let held = "";

  return (piece) => {
    const text = held + piece;
    const end = text.lastIndexOf(END);
    const rest = end < 0 ? text : text.slice(end + END.length);
    held = rest.endsWith("\n") ? "\n" : "";
    const begun = held ? rest.slice(0, -1) : rest;
    if (end < 0) {
      parts.push(begun);
      return [];
    }
    const blocks = (parts.join("") + text.slice(0, end)).split(END);
    parts = [begun];
    return blocks.flatMap(eventOf);
  };
}

function eventOf(block: string): ServerEvent[] {
  const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
  return name === undefined ? [] : [[name, JSON.parse(data)]];
}
