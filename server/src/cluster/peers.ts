import { randomInt } from "node:crypto";
import { textOf } from "../common/errors.js";

/** A request that another server answers. */
export interface PeerRequest {
  readonly method: string;
  readonly url: string;
  /** As JSON has it; undefined: none. */
  readonly body: unknown;
}

export interface PeerAnswer {
  /** As HTTP has it. */
  readonly status: number;
  /** In JSON; "": none. */
  readonly text: string;
}

/** What servers tell each other for the people who ask them. */
export type PeerWord =
  | { readonly ask: number; readonly from: string; readonly request: PeerRequest }
  | { readonly answer: number; readonly with: PeerAnswer }
  /** Somebody follows events there. */
  | { readonly follow: string }
  /** Events, as followers get them. */
  | { readonly events: string };

export interface PeersOptions {
  readonly me: string;
  /** All others that take part. */
  others(): readonly string[];
  send(to: string, text: string): Promise<boolean>;
  /** A request of another server could not be answered. */
  failed(problem: string): void;
}

/** What is done here for other servers. */
export interface PeerService {
  answer(request: PeerRequest): Promise<PeerAnswer>;
  /** Events of another server. */
  events(text: string): void;
}

/** How long an answer is waited for, in ms: an action may take ten minutes. */
const PATIENCE = 11 * 60_000;

/** How long it counts that somebody follows, in ms, and how often it is said again. */
const FOLLOWED = 5000;
const SAY_AGAIN = 2000;

/** The other servers, as people's requests need them: each knows of its own devices alone. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #asked = new Map<number, { readonly member: string; settle(answer: PeerAnswer | undefined): void }>();
  /** Who wants events, until when by `performance.now()`. */
  readonly #followers = new Map<string, number>();
  /** The number of the last request: nobody can answer one without having seen it. */
  #number = randomInt(2 ** 47);
  #service: PeerService | undefined;
  #saidAt = -Infinity;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** From now on others are answered. */
  serve(service: PeerService): void {
    this.#service = service;
  }

  /** Asks another server. @throws Error when it does not answer */
  async ask(member: string, request: PeerRequest): Promise<PeerAnswer> {
    const ask = ++this.#number;
    const answer = await new Promise<PeerAnswer | undefined>((resolve) => {
      const timer = setTimeout(() => settle(undefined), PATIENCE);
      const settle = (answer: PeerAnswer | undefined): void => {
        clearTimeout(timer);
        this.#asked.delete(ask);
        resolve(answer);
      };
      this.#asked.set(ask, { member, settle });
      this.#options.send(member, JSON.stringify({ ask, from: this.#options.me, request })).then(
        (heard) => heard || settle(undefined),
        () => settle(undefined),
      );
    });
    if (!answer) throw new Error(`${member} does not answer`);
    return answer;
  }

  /** Asks all others; those that do not answer are left out. */
  async askAll(request: PeerRequest): Promise<Map<string, PeerAnswer>> {
    const answers = new Map<string, PeerAnswer>();
    const asking = this.#options.others().map(async (member) => answers.set(member, await this.ask(member, request)));
    await Promise.allSettled(asking);
    return answers;
  }

  /** Another server said this. */
  told(word: PeerWord): void {
    if ("ask" in word) void this.#answer(word.from, word.ask, word.request);
    else if ("answer" in word) this.#asked.get(word.answer)?.settle(word.with);
    else if ("follow" in word) this.#follow(word.follow);
    else this.#service?.events(word.events);
  }

  /** Somebody follows events here: others are to send theirs. To be called as long as that is so. */
  follow(): void {
    if (performance.now() - this.#saidAt < SAY_AGAIN) return;
    this.#saidAt = performance.now();
    for (const member of this.#options.others()) this.#send(member, { follow: this.#options.me });
  }

  /** Whether somebody follows events at another server. */
  get followed(): boolean {
    if (this.#followers.size === 0) return false;
    for (const [member, until] of this.#followers) if (until < performance.now()) this.#followers.delete(member);
    return this.#followers.size > 0;
  }

  /** Sends events to the servers at which somebody follows them. */
  show(events: string): void {
    for (const member of this.#followers.keys()) this.#send(member, { events });
  }

  /** These take part: of others no answer comes any more. */
  members(present: readonly string[]): void {
    for (const { member, settle } of [...this.#asked.values()]) if (!present.includes(member)) settle(undefined);
  }

  /** Only those that take part: of others there could be any number. */
  #follow(member: string): void {
    if (this.#options.others().includes(member)) this.#followers.set(member, performance.now() + FOLLOWED);
  }

  #send(member: string, word: PeerWord): void {
    this.#options.send(member, JSON.stringify(word)).catch(() => {});
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
