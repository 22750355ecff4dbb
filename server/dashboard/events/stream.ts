/** One connection to the server's live events. */

import { createParser } from "./parser.js";
import type { ServerEvent } from "./protocol.js";

/**
 * The server says something every 15 s at least. After so long a silence, in ms, the connection counts as dead: nobody
 * tells a computer that wakes up that its connections have ended while it slept.
 */
const SILENCE = 40_000;
/** How long the first byte may take, in ms: a server sends it at once. */
const FIRST_BYTE = 20_000;
/** Between two looks for silence, in ms. */
const LOOK = 2000;

const HELD_BACK = "No live events arrive. A proxy between here and the server may hold them back.";

/** Why the server sends no events; `status` is 0 when it sent nothing at all. */
export interface Refusal {
  readonly status: number;
  readonly problem: string;
}

export interface StreamHandlers {
  opened(): void;
  events(events: ServerEvent[]): void;
  /** The stream has ended, for another reason than `close`. */
  ended(refusal: Refusal | undefined): void;
}

export interface Stream {
  /** When something came last, in ms since 1970. */
  readonly heard: number;
  close(): void;
}

/**
 * Opens it. With `fetch` instead of `EventSource`, which tells neither why the server refuses nor that it is silent.
 * @param url relative to the page, or to the worker's script
 */
export function openStream(url: string, handlers: StreamHandlers): Stream {
  const abort = new AbortController();
  const stream = { heard: Date.now(), close: () => end() };
  let empty = true;
  let over = false;
  // not a clock that stands still while the computer sleeps; one that is set back must not hide a silence
  const watching = setInterval(() => {
    const silent = Date.now() - stream.heard;
    if (silent < 0) stream.heard = Date.now();
    if (silent <= (empty ? FIRST_BYTE : SILENCE)) return;
    finish(empty ? { status: 0, problem: HELD_BACK } : undefined);
  }, LOOK);

  function end(): void {
    over = true;
    clearInterval(watching);
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
    if (!response.ok || !type.startsWith("text/event-stream")) return finish(await refusalOf(response));
    handlers.opened();
    const parse = createParser();
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || over) return finish();
      stream.heard = Date.now();
      empty = false;
      const events = parse(decoder.decode(value, { stream: true }));
      if (events.length > 0) handlers.events(events);
    }
  }

  run().catch(() => finish());
  return stream;
}

/** Says what a proxy says whose server is down, too: then the answer is no JSON. */
async function refusalOf(response: Response): Promise<Refusal> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  const problem = typeof error === "string" ? error : `The server answered ${response.status}.`;
  return { status: response.status, problem };
}
