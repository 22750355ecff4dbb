import { randomInt } from "node:crypto";
import { textOf } from "../common/errors.js";

/** A request that another server answers. */
export interface PeerRequest {
  readonly method: string;
  readonly url: string;
  /** A JSON value; undefined if there is no body. */
  readonly body: unknown;
}

export interface PeerAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The body in JSON; "" if there is none. */
  readonly text: string;
}

/** A message between servers: an HTTP request, its answer, a subscription to events, or server-sent events. */
export type PeerMessage =
  | { readonly ask: number; readonly from: string; readonly request: PeerRequest }
  | { readonly answer: number; readonly with: PeerAnswer }
  /** Subscribes the named server to events, because one of its HTTP clients receives events. */
  | { readonly follow: string }
  /** Server-sent events in their text form. */
  | { readonly events: string };

export interface PeersOptions {
  readonly me: string;
  /** Returns the names of all other members. */
  otherMembers(): readonly string[];
  send(to: string, text: string): Promise<boolean>;
  /** Called when this server could not answer a request from another server. */
  failed(problem: string): void;
}

/** Services that this server provides to other servers. */
export interface PeerService {
  answer(request: PeerRequest): Promise<PeerAnswer>;
  /** Sends events from another server to the HTTP clients of this server. */
  events(text: string): void;
}

/** Timeout for an answer from another server, in ms. It is this long because an action may take ten minutes. */
const ANSWER_TIMEOUT = 11 * 60_000;

/** How long a subscription to events of another server lasts, in ms. A server that still needs the events renews it. */
const SUBSCRIPTION_LIFETIME = 5000;
/** Minimum interval between two renewals of a subscription to events, in ms. */
const RENEW_INTERVAL = 2000;

/** Forwards HTTP requests and events between servers, because each server stores the state of only its own devices. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #pendingRequests = new Map<
    number,
    { readonly member: string; resolve(answer: PeerAnswer | undefined): void }
  >();
  /** The servers that subscribe to events of this server, and when each subscription ends, by `performance.now()`. */
  readonly #followers = new Map<string, number>();
  /** The number of the last request. It starts at a random number, so that strangers cannot forge an answer. */
  #number = randomInt(2 ** 47);
  #service: PeerService | undefined;
  #subscribedAt = -Infinity;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Starts to answer requests from other servers. */
  serve(service: PeerService): void {
    this.#service = service;
  }

  /** Sends a request to another server and returns the answer. @throws Error if the server does not answer */
  async ask(member: string, request: PeerRequest): Promise<PeerAnswer> {
    const ask = ++this.#number;
    const answer = await new Promise<PeerAnswer | undefined>((fulfill) => {
      const timer = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT);
      const resolve = (answer: PeerAnswer | undefined): void => {
        clearTimeout(timer);
        this.#pendingRequests.delete(ask);
        fulfill(answer);
      };
      this.#pendingRequests.set(ask, { member, resolve });
      this.#options.send(member, JSON.stringify({ ask, from: this.#options.me, request })).then(
        (heard) => heard || resolve(undefined),
        () => resolve(undefined),
      );
    });
    if (!answer) throw new Error(`${member} does not answer`);
    return answer;
  }

  /** Sends a request to all other servers. Returns the answers by server name, without servers that do not answer. */
  async askAll(request: PeerRequest): Promise<Map<string, PeerAnswer>> {
    const answers = new Map<string, PeerAnswer>();
    const asking = this.#options
      .otherMembers()
      .map(async (member) => answers.set(member, await this.ask(member, request)));
    await Promise.allSettled(asking);
    return answers;
  }

  /** Handles a message from another server. */
  receive(message: PeerMessage): void {
    if ("ask" in message) void this.#answer(message.from, message.ask, message.request);
    else if ("answer" in message) this.#pendingRequests.get(message.answer)?.resolve(message.with);
    else if ("follow" in message) this.#follow(message.follow);
    else this.#service?.events(message.events);
  }

  /**
   * Subscribes to the events of all other servers. Call this at least every 5 s while an HTTP client receives events.
   */
  subscribeToEvents(): void {
    if (performance.now() - this.#subscribedAt < RENEW_INTERVAL) return;
    this.#subscribedAt = performance.now();
    for (const member of this.#options.otherMembers()) this.#send(member, { follow: this.#options.me });
  }

  /** Whether any other server subscribes to events. */
  get hasFollowers(): boolean {
    if (this.#followers.size === 0) return false;
    for (const [member, until] of this.#followers) if (until < performance.now()) this.#followers.delete(member);
    return this.#followers.size > 0;
  }

  /** Sends events to the servers that subscribe to events. */
  sendEvents(events: string): void {
    for (const member of this.#followers.keys()) this.#send(member, { events });
  }

  /** Updates the list of members. Pending requests to former members fail at once. */
  updateMembers(present: readonly string[]): void {
    for (const { member, resolve } of [...this.#pendingRequests.values()])
      if (!present.includes(member)) resolve(undefined);
  }

  /** Records the subscription of a server to events. Ignores non-members, which limits the number of subscriptions. */
  #follow(member: string): void {
    if (this.#options.otherMembers().includes(member))
      this.#followers.set(member, performance.now() + SUBSCRIPTION_LIFETIME);
  }

  #send(member: string, message: PeerMessage): void {
    this.#options.send(member, JSON.stringify(message)).catch(() => {});
  }

  async #answer(from: string, answer: number, request: PeerRequest): Promise<void> {
    const refused = { status: 503, text: JSON.stringify({ error: "This server has only just started." }) };
    try {
      this.#send(from, { answer, with: (await this.#service?.answer(request)) ?? refused });
    } catch (error) {
      this.#options.failed(
        `${request.method} ${request.url}, asked by ${from}, could not be answered: ${textOf(error)}`,
      );
      const text = JSON.stringify({ error: "The server that decides about this could not answer; its log says more." });
      this.#send(from, { answer, with: { status: 503, text } });
    }
  }
}
