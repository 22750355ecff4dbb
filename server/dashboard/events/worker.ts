/**
 * A SharedWorker that has the event stream of all the browser's pages: a browser opens six connections to a server that
 * speaks HTTP/1.1, so that the seventh page with a stream of its own would never load.
 */

import { EventHub } from "./hub.js";
import type { FromPage } from "./protocol.js";

const hub = new EventHub("api/events");

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  const page = (message: unknown): void => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<FromPage>) => {
    if (data === "here") hub.here(page);
    else if (data === "gone") hub.gone(page);
    else hub.restart();
  };
});
