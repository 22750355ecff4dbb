/** Shares one event stream between pages. It is open while one of them can be seen, and always comes back. */

import { BEAT, type StreamState, type ToPage } from "./protocol.js";
import { Snapshot } from "./snapshot.js";
import { openStream, type Refusal, type Stream } from "./stream.js";

/** Time to the next attempt, in ms: after a loss, after a refusal, and when there are too many streams. */
const RETRY = 1000;
const RETRY_REFUSED = 3000;
const RETRY_TOO_MANY = 10_000;
/** How long the stream stays when no page can be seen any more, in ms: a person who returns soon costs nothing. */
const LINGER = 5000;
/** A page that says nothing for so long, in ms, is gone without a word. */
const MISSED = 3 * BEAT + 5000;
/** A page that is shown waits for no stream that has been silent for longer, in ms: the server speaks every 15 s. */
const FRESH = 20_000;

/** A page, as the hub sees it. */
export type Page = (message: ToPage) => void;

export class EventHub {
  /** The pages that can be seen, and when each said so last, in ms since 1970. */
  private readonly pages = new Map<Page, number>();
  private state: StreamState = { state: "connecting" };
  private snapshot = new Snapshot();
  private stream?: Stream;
  private retry?: ReturnType<typeof setTimeout>;
  private linger?: ReturnType<typeof setTimeout>;

  /** @param url of the events */
  constructor(private readonly url: string) {
    setInterval(() => this.sweep(), BEAT);
  }

  /** The page can be seen. One that is new gets the latest state at once. */
  here(page: Page): void {
    const isNew = !this.pages.has(page);
    this.pages.set(page, Date.now());
    clearTimeout(this.linger);
    if (this.stream && Date.now() - this.stream.heard > FRESH) this.close();
    if (!this.stream) this.open();
    if (!isNew) return page({ alive: true });
    page(this.state);
    if (this.state.state === "live") page({ events: this.snapshot.events });
  }

  /** The page can no longer be seen. */
  gone(page: Page): void {
    if (!this.pages.delete(page) || this.pages.size > 0) return;
    this.linger = setTimeout(() => this.close(), LINGER);
  }

  /** Connects anew, because who is logged in has changed. */
  restart(): void {
    this.close();
    if (this.pages.size > 0) this.open();
  }

  private sweep(): void {
    const now = Date.now();
    for (const [page, at] of this.pages) if (now - at > MISSED) this.gone(page);
  }

  private open(): void {
    clearTimeout(this.retry);
    this.stream = openStream(this.url, {
      opened: () => this.become({ state: "live" }),
      events: (events) => {
        for (const event of events) this.snapshot.see(event);
        this.tell({ events });
      },
      ended: (refusal) => this.ended(refusal),
    });
  }

  private close(): void {
    clearTimeout(this.retry);
    this.stream?.close();
    this.stream = undefined;
    this.snapshot = new Snapshot();
    if (this.state.state !== "connecting") this.become({ state: "connecting" });
  }

  private ended(refusal: Refusal | undefined): void {
    this.stream = undefined;
    this.snapshot = new Snapshot();
    this.become(refusal ? { state: "refused", ...refusal } : { state: "lost" });
    if (this.pages.size === 0) return;
    const wait = !refusal ? RETRY : refusal.status === 429 ? RETRY_TOO_MANY : RETRY_REFUSED;
    this.retry = setTimeout(() => this.open(), wait);
  }

  private become(state: StreamState): void {
    this.state = state;
    this.tell(state);
  }

  private tell(message: ToPage): void {
    for (const page of this.pages.keys()) page(message);
  }
}
