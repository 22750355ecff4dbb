/** Parser for server-sent events that arrive in chunks. Does not use the DOM. */

import type { ServerEvent } from "./protocol.js";

/** Separator of two events. */
const SEPARATOR = "\n\n";

/**
 * Creates a parser. Each call takes the next chunk and returns the events that are now complete. The parser ignores
 * comments, such as the server's heartbeat. It expects one line of JSON data per event.
 */
export function createParser(): (chunk: string) => ServerEvent[] {
  /** Chunks of an incomplete event. They are joined only once, because an event may have many megabytes. */
  let parts: string[] = [];
  /** A line feed at the end of the last chunk, which may be the first half of a separator. */
  let lineFeed = "";

  return (chunk) => {
    const text = lineFeed + chunk;
    const end = text.lastIndexOf(SEPARATOR);
    const rest = end < 0 ? text : text.slice(end + SEPARATOR.length);
    lineFeed = rest.endsWith("\n") ? "\n" : "";
    const incomplete = lineFeed ? rest.slice(0, -1) : rest;
    if (end < 0) {
      parts.push(incomplete);
      return [];
    }
    const blocks = (parts.join("") + text.slice(0, end)).split(SEPARATOR);
    parts = [incomplete];
    return blocks.flatMap(parseEvent);
  };
}

function parseEvent(block: string): ServerEvent[] {
  const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
  return name === undefined ? [] : [[name, JSON.parse(data)]];
}
