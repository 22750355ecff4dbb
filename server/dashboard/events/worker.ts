/**
 * SharedWorker that holds one event stream for all pages of the browser. Browsers open at most six HTTP/1.1 connections
 * per server, so with one stream per page, the seventh page would never load.
 */

import { EventHub } from "./hub.js";
import type { MessageFromPage } from "./protocol.js";

const hub = new EventHub("api/events");

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  const sendToPage = (message: unknown): void => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<MessageFromPage>) => {
    if (data === "visible") hub.handleVisiblePage(sendToPage);
    else if (data === "hidden") hub.handleHiddenPage(sendToPage);
    else hub.restart();
  };
});
