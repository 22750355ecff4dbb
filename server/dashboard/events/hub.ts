/** Shares one event stream between pages. The stream is open while a page is visible, and reconnects after losses. */

import { HEARTBEAT_INTERVAL, type Refusal, type StreamState, type MessageToPage } from "./protocol.js";
import { Snapshot } from "./snapshot.js";
import { openStream, type Stream } from "./stream.js";

/** Delay before reconnecting after a lost connection, in ms. */
const RETRY_DELAY = 1000;
/** Delay before reconnecting after the server refused the stream, in ms. */
const RETRY_DELAY_REFUSED = 3000;
/** Delay before reconnecting after the server refused because there are too many streams, in ms. */
const RETRY_DELAY_TOO_MANY = 10_000;
/** Time that the stream stays open after the last page became hidden, in ms, in case a page is shown again soon. */
const LINGER_TIME = 5000;
/** Time without a message after which a page counts as closed, in ms. */
const PAGE_TIMEOUT = 3 * HEARTBEAT_INTERVAL + 5000;
/**
 * A stream that was silent for longer than this, in ms, is reopened when a page becomes visible. The server sends
 * something at least every 15 s.
 */
const MAX_SILENCE = 20_000;

/** A page that uses the hub: a function that sends a message to the page. */
export type SendToPage = (message: MessageToPage) => void;

export class EventHub {
  /** The visible pages, and when each sent its last heartbeat, in ms since 1970. */
  private readonly pages = new Map<SendToPage, number>();
  private state: StreamState = { state: "connecting" };
  private snapshot = new Snapshot();
  private stream?: Stream;
  private retryTimer?: ReturnType<typeof setTimeout>;
  private lingerTimer?: ReturnType<typeof setTimeout>;

  /** @param url URL of the server's events */
  constructor(private readonly url: string) {
    setInterval(() => this.removeDeadPages(), HEARTBEAT_INTERVAL);
  }

  /** Registers a visible page, or records its heartbeat. Opens the stream if necessary; a new page gets the state at once. */
  handleVisiblePage(page: SendToPage): void {
    const isNew = !this.pages.has(page);
    this.pages.set(page, Date.now());
    clearTimeout(this.lingerTimer);
    if (this.stream && Date.now() - this.stream.lastReceived > MAX_SILENCE) this.close();
    if (!this.stream) this.open();
    if (!isNew) return page({ alive: true });
    page(this.state);
    if (this.state.state === "live") page({ events: this.snapshot.events });
  }

  /** Removes a page that became hidden. After the last page, the stream stays open for `LINGER_TIME`. */
  handleHiddenPage(page: SendToPage): void {
    if (!this.pages.delete(page) || this.pages.size > 0) return;
    this.lingerTimer = setTimeout(() => this.close(), LINGER_TIME);
  }

  /** Closes the stream, and opens a new one if a page is visible. Must be called after a login or logout. */
  restart(): void {
    this.close();
    if (this.pages.size > 0) this.open();
  }

  private removeDeadPages(): void {
    const now = Date.now();
    for (const [page, at] of this.pages) if (now - at > PAGE_TIMEOUT) this.handleHiddenPage(page);
  }

  private open(): void {
    clearTimeout(this.retryTimer);
    this.stream = openStream(this.url, {
      opened: () => this.setState({ state: "live" }),
      events: (events) => {
        for (const event of events) this.snapshot.apply(event);
        this.broadcast({ events });
      },
      ended: (refusal) => this.handleEnd(refusal),
    });
  }

  private close(): void {
    clearTimeout(this.retryTimer);
    this.stream?.close();
    this.stream = undefined;
    this.snapshot = new Snapshot();
    if (this.state.state !== "connecting") this.setState({ state: "connecting" });
  }

  private handleEnd(refusal: Refusal | undefined): void {
    this.stream = undefined;
    this.snapshot = new Snapshot();
    this.setState(refusal ? { state: "refused", ...refusal } : { state: "lost" });
    if (this.pages.size === 0) return;
    const delay = !refusal ? RETRY_DELAY : refusal.status === 429 ? RETRY_DELAY_TOO_MANY : RETRY_DELAY_REFUSED;
    this.retryTimer = setTimeout(() => this.open(), delay);
  }

  private setState(state: StreamState): void {
    this.state = state;
    this.broadcast(state);
  }

  private broadcast(message: MessageToPage): void {
    for (const page of this.pages.keys()) page(message);
  }
}
