/** A single connection to the server's event stream. */

import { createParser } from "./parser.js";
import type { Refusal, ServerEvent } from "./protocol.js";

/**
 * Silence after which the connection counts as dead, in ms. The server sends something at least every 15 s. Without this
 * timeout, a computer that was asleep would not notice that its connection has ended.
 */
const SILENCE_TIMEOUT = 40_000;
/**
 * Longest wait for the first byte, in ms. The server sends the first byte at once, so after this time a proxy is
 * probably buffering the stream.
 */
const FIRST_BYTE_TIMEOUT = 20_000;
/** Time between two checks for silence, in ms. */
const CHECK_INTERVAL = 2000;

export interface StreamHandlers {
  opened(): void;
  events(events: ServerEvent[]): void;
  /** Called when the stream ends, except after `close`. */
  ended(refusal: Refusal | undefined): void;
}

export interface Stream {
  /** When the last bytes arrived, in ms since 1970. */
  readonly lastReceived: number;
  close(): void;
}

/**
 * Opens the event stream. Uses `fetch`, because `EventSource` reports neither the reason of a refusal nor silence.
 * @param url relative to the page, or to the worker's script
 */
export function openStream(url: string, handlers: StreamHandlers): Stream {
  const abort = new AbortController();
  const stream = { lastReceived: Date.now(), close: () => end() };
  let empty = true;
  let over = false;
  // Use Date.now(), because performance.now() may stop while the computer sleeps. Handle a clock that is set back.
  const checkTimer = setInterval(() => {
    const silence = Date.now() - stream.lastReceived;
    if (silence < 0) stream.lastReceived = Date.now();
    if (silence <= (empty ? FIRST_BYTE_TIMEOUT : SILENCE_TIMEOUT)) return;
    finish(empty ? { status: 0 } : undefined);
  }, CHECK_INTERVAL);

  function end(): void {
    over = true;
    clearInterval(checkTimer);
    abort.abort();
  }

  function finish(refusal?: Refusal): void {
    if (over) return;
    end();
    handlers.ended(refusal);
  }

  async function run(): Promise<void> {
    const response = await fetch(url, { signal: abort.signal });
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || !type.startsWith("text/event-stream")) return finish(await readRefusal(response));
    handlers.opened();
    const parse = createParser();
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || over) return finish();
      stream.lastReceived = Date.now();
      empty = false;
      const events = parse(decoder.decode(value, { stream: true }));
      if (events.length > 0) handlers.events(events);
    }
  }

  run().catch(() => finish());
  return stream;
}

/** Returns why the server refused. The response may come from a proxy and may not be JSON. */
async function readRefusal(response: Response): Promise<Refusal> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  return { status: response.status, ...(typeof error === "string" && { problem: error }) };
}
