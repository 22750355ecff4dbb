import { clock } from "../time/monotonic-clock.js";
import type { Rejection } from "./counters.js";
import type { RejectionView } from "./rejection-view.js";

/** Maximum number of rejections to remember, so that a flood of messages cannot fill the memory. */
const MAX_REJECTIONS = 200;

/**
 * Maximum number of rejections with the same reason and sender. A client that publishes on ever new topics replaces only
 * its own rejections.
 */
const MAX_REJECTIONS_PER_SENDER = 20;

/** The longest text that is remembered, in characters. */
const MAX_TEXT_LENGTH = 300;

/** The origin of a rejected message. Unknown parts are left out. */
export interface RejectionOrigin {
  /** The account of the client. */
  readonly account?: string | undefined;
  readonly clientId?: string | undefined;
  /** The topic of the message, or the topic filter of the subscription. */
  readonly topic?: string | undefined;
}

interface Entry {
  readonly view: Omit<RejectionView, "count" | "first_at" | "last_at">;
  readonly sender: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Remembers the latest rejections for administrators. The memory that it uses is bounded. */
export class RecentRejections {
  /** Entries by reason, sender and topic; the one that was rejected last is the last. */
  readonly #entries = new Map<string, Entry>();
  /** Number of entries of each sender. */
  readonly #senders = new Map<string, number>();

  add(reason: Rejection, from: string, problem: string, { account, clientId, topic }: RejectionOrigin): void {
    const now = clock.wallNow();
    const sender = JSON.stringify([reason, senderOf(reason, from, account, clientId)]);
    const key = JSON.stringify(
      [reason, account, clientId, topic, from, topic === undefined ? problem : ""].map(shorten),
    );
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      const view = { ...known.view, problem: shorten(problem) };
      this.#entries.set(key, { ...known, view, last: now, count: known.count + 1 });
      return;
    }
    this.#makeRoom(sender);
    const view = {
      reason,
      account: account ?? null,
      client_id: shorten(clientId) ?? null,
      topic: shorten(topic) ?? null,
      from: shorten(from),
      problem: shorten(problem),
    };
    this.#entries.set(key, { view, sender, first: now, last: now, count: 1 });
    this.#senders.set(sender, (this.#senders.get(sender) ?? 0) + 1);
  }

  /** Returns the rejections, the latest first. */
  list(): RejectionView[] {
    const toIso = (time: number): string => new Date(time).toISOString();
    return [...this.#entries.values()]
      .reverse()
      .map(({ view, count, first, last }) => ({ ...view, count, first_at: toIso(first), last_at: toIso(last) }));
  }

  /** Deletes the oldest entry of a sender that has too many, or the oldest of all if there are too many. */
  #makeRoom(sender: string): void {
    const isSenderFull = (this.#senders.get(sender) ?? 0) >= MAX_REJECTIONS_PER_SENDER;
    if (!isSenderFull && this.#entries.size < MAX_REJECTIONS) return;
    for (const [key, entry] of this.#entries) {
      if (isSenderFull && entry.sender !== sender) continue;
      this.#entries.delete(key);
      const left = this.#senders.get(entry.sender)! - 1;
      if (left > 0) this.#senders.set(entry.sender, left);
      else this.#senders.delete(entry.sender);
      return;
    }
  }
}

/**
 * Returns what tells senders apart: the account, or on a server without accounts the client id. Clients that fail to log
 * in can choose any client id, so their address counts.
 */
function senderOf(reason: Rejection, from: string, account: string | undefined, clientId: string | undefined): string {
  if (account !== undefined) return `account ${account}`;
  return shorten(reason === "bad-login" ? from : (clientId ?? ""));
}

function shorten<T extends string | undefined>(text: T): T {
  return (text !== undefined && text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) + "…" : text) as T;
}
