/** Follows the server's events while the page can be seen: through the worker where there is one, or by itself. */

import { EventHub } from "./hub.js";
import { BEAT, type FromPage, type ToPage } from "./protocol.js";

/** The worker's script, named by the build with a hash of its content: a page never meets the worker of another version. */
declare const EVENTS_WORKER: string;

/** How long the worker may take to answer, in ms, and how often in a row it may fail to. */
const ANSWER = 5000;
const MISSES = 2;

/** Whoever has the event stream. */
type Holder = (word: FromPage) => void;

/**
 * Follows for ever. A page that becomes visible gets the latest state as if it had just been opened.
 * Gives a function to call when who is logged in has changed.
 */
export function follow(receive: (message: ToPage) => void): () => void {
  let holder = shared(receive, () => {
    holder = own(receive);
    sayWhetherSeen();
  });
  holder ??= own(receive);

  function sayWhetherSeen(): void {
    holder!(document.hidden ? "gone" : "here");
  }

  document.addEventListener("visibilitychange", sayWhetherSeen);
  addEventListener("online", sayWhetherSeen);
  // to and from the browser's cache of pages that a person left
  addEventListener("pagehide", () => holder!("gone"));
  addEventListener("pageshow", (event) => {
    if (event.persisted) sayWhetherSeen();
  });
  setInterval(() => {
    if (!document.hidden) sayWhetherSeen();
  }, BEAT);
  sayWhetherSeen();
  return () => holder!("restart");
}

/** A stream for this page alone. */
function own(receive: (message: ToPage) => void): Holder {
  const hub = new EventHub("api/events");
  return (word) => (word === "restart" ? hub.restart() : hub[word](receive));
}

/**
 * The worker that all pages share; undefined where browsers have none, such as Chrome on Android.
 * @param failed called when it turns out not to work: it could not be loaded, or does not answer
 */
function shared(receive: (message: ToPage) => void, failed: () => void): Holder | undefined {
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(EVENTS_WORKER);
  } catch {
    return undefined;
  }
  let given = false;
  let misses = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  function giveUp(): void {
    if (given) return;
    given = true;
    clearTimeout(waiting);
    worker.port.close();
    failed();
  }

  function ask(): void {
    worker.port.postMessage("here");
    waiting ??= setTimeout(() => {
      waiting = undefined;
      // once may be the computer, which slept in between
      if (++misses >= MISSES) giveUp();
      else ask();
    }, ANSWER);
  }

  worker.onerror = giveUp;
  worker.port.onmessage = ({ data }: MessageEvent<ToPage>) => {
    clearTimeout(waiting);
    waiting = undefined;
    misses = 0;
    if (!given) receive(data);
  };
  return (word) => {
    if (word === "here") return ask();
    clearTimeout(waiting);
    waiting = undefined;
    worker.port.postMessage(word);
  };
}
