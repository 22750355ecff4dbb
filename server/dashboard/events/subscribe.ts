/** Receives the server's events while the page is visible, through a shared worker if the browser supports it. */

import { EventHub } from "./hub.js";
import { HEARTBEAT_INTERVAL, type MessageFromPage, type MessageToPage } from "./protocol.js";

/** URL of the worker's script. The build adds a hash of its content, so that a page never uses another version. */
declare const EVENTS_WORKER: string;

/** Longest wait for the worker's answer to a heartbeat, in ms. After this time, the page sends the heartbeat again. */
const ANSWER_TIMEOUT = 5000;
/** Number of timeouts in a row after which the worker counts as dead. The page then opens its own event stream. */
const MAX_TIMEOUTS = 2;

/** Sends a message to the event hub, in this page or in the worker. */
type SendToHub = (message: MessageFromPage) => void;

/**
 * Receives events until the page closes. When the page becomes visible, it gets the full current state first.
 * Returns a function that reconnects, to be called after a login or logout.
 */
export function subscribe(receive: (message: MessageToPage) => void): () => void {
  let send = connectSharedHub(receive, () => {
    send = createOwnHub(receive);
    sendVisibility();
  });
  send ??= createOwnHub(receive);

  function sendVisibility(): void {
    send!(document.hidden ? "hidden" : "visible");
  }

  document.addEventListener("visibilitychange", sendVisibility);
  addEventListener("online", sendVisibility);
  // The browser's back/forward cache stops a page, so a page in the cache counts as hidden.
  addEventListener("pagehide", () => send!("hidden"));
  addEventListener("pageshow", (event) => {
    if (event.persisted) sendVisibility();
  });
  setInterval(() => {
    if (!document.hidden) sendVisibility();
  }, HEARTBEAT_INTERVAL);
  sendVisibility();
  return () => send!("restart");
}

/** Creates a hub in this page, with its own event stream. */
function createOwnHub(receive: (message: MessageToPage) => void): SendToHub {
  const hub = new EventHub("api/events");
  return (message) => {
    if (message === "visible") hub.handleVisiblePage(receive);
    else if (message === "hidden") hub.handleHiddenPage(receive);
    else hub.restart();
  };
}

/**
 * Connects to the hub in the shared worker. Returns undefined if the browser has no shared workers, such as Chrome on
 * Android.
 * @param failed called if the worker cannot be loaded or does not answer
 */
function connectSharedHub(receive: (message: MessageToPage) => void, failed: () => void): SendToHub | undefined {
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(EVENTS_WORKER);
  } catch {
    return undefined;
  }
  let hasFailed = false;
  let timeouts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function fail(): void {
    if (hasFailed) return;
    hasFailed = true;
    clearTimeout(timer);
    worker.port.close();
    failed();
  }

  function sendVisible(): void {
    worker.port.postMessage("visible");
    timer ??= setTimeout(() => {
      timer = undefined;
      // A single timeout may only mean that the computer was asleep.
      if (++timeouts >= MAX_TIMEOUTS) fail();
      else sendVisible();
    }, ANSWER_TIMEOUT);
  }

  worker.onerror = fail;
  worker.port.onmessage = ({ data }: MessageEvent<MessageToPage>) => {
    clearTimeout(timer);
    timer = undefined;
    timeouts = 0;
    if (!hasFailed) receive(data);
  };
  return (message) => {
    if (message === "visible") return sendVisible();
    clearTimeout(timer);
    timer = undefined;
    worker.port.postMessage(message);
  };
}
