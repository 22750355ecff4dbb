import { ACTION_COMMAND, encode, type ActionCommand, type Reply } from "../../../contract/index.js";
import type { StoredActions } from "../storage/data-folder.js";
import type { Device } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";

/** What a device can be asked to do. */
export type Action = ActionCommand["action"];

/** The most actions of one device that wait for a reply: a board keeps no more. */
export const MAX_PENDING = 8;

/** The outcomes that are remembered of each device. */
const MAX_OUTCOMES = 32;

/** What became of an action: with the reply's fields when there was one. */
export type Outcome =
  | { readonly outcome: "pending"; readonly seq: number }
  | ({ readonly outcome: "done" | "refused" } & Reply)
  | { readonly outcome: "timeout"; readonly seq: number; readonly error: string };

/** An action that was asked for. */
export interface Request {
  readonly seq: number;
  /** Fulfilled when the action is done, refused, or given up. */
  readonly settled: Promise<Outcome>;
}

export interface ActionsOptions {
  /** Stores what must survive a restart. */
  store(id: string, actions: StoredActions): Promise<void>;
  /** Resolves when that is done. @throws Error when it has to wait, because the disk is full for example */
  inTime(storing: Promise<void>): Promise<void>;
  /** Publishes at QoS 1, not retained. */
  publish(device: Device, payload: Buffer): void;
  /** An action was published. */
  sent(device: Device, command: ActionCommand): void;
  /** Actions up to this `seq` were given up, and must not be done any more. */
  expired(device: Device, seq: number): void;
  /** The device has confirmed that it blinks now. */
  identifies(device: Device): void;
  /** Something could not be stored. */
  failed(device: Device, error: unknown): void;
}

interface Pending {
  readonly seq: number;
  /** When it is given up, by the monotonic clock. */
  readonly until: number;
  readonly settle: (outcome: Outcome) => void;
}

interface Ledger {
  last: number;
  expired: number;
  /** By `seq`, in order. */
  pending: Pending[];
  readonly outcomes: Map<number, Outcome>;
  /** The latest that ask the device to blink. */
  identify: readonly number[];
  timer: NodeJS.Timeout | undefined;
  /** Settled when all that was to be stored so far is. */
  stored: Promise<void>;
}

/** 2026-01-01: seconds since then are below 2^31 until 2094. */
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * Actions, from the request to the reply or to the moment when they expire.
 *
 * - `seq` grows for ever, also when the data folder was lost: it is at least the seconds since 2026-01-01.
 * - An action is stored before it is published: what a board may find waiting, the server knows about after a restart.
 * - Boards do actions in order. So when one expires, those before it are given up too: `expired` in the device's config,
 *   from which the board learns of it, is a limit.
 */
export class Actions {
  readonly #options: ActionsOptions;
  readonly #ledgers = new Map<Device, Ledger>();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /** Takes up what was pending when the server ended; what expired meanwhile is given up. */
  restore(device: Device, { last, expired, pending, identify = [] }: StoredActions): void {
    const ledger = this.#ledgerOf(device);
    Object.assign(ledger, { last, expired, identify });
    ledger.pending = pending.map(({ seq, until }) => ({ seq, until, settle() {} }));
    this.#look(device, ledger);
  }

  /** Whether no further action fits. */
  isFull(device: Device): boolean {
    return (this.#ledgers.get(device)?.pending.length ?? 0) >= MAX_PENDING;
  }

  /** Actions up to this `seq` were given up; 0 when none was. */
  expired(device: Device): number {
    return this.#ledgers.get(device)?.expired ?? 0;
  }

  /**
   * Asks a device to do something.
   * @param expires after how many seconds it is given up
   * @throws Error when it cannot be stored; then nothing was sent
   */
  async request(device: Device, action: Action, expires: number): Promise<Request> {
    const ledger = this.#ledgerOf(device);
    const now = clock.now();
    // a wall clock that is wrong must not use up the numbers
    const seconds = clock.plausible ? Math.floor((clock.wallNow() - EPOCH) / 1000) : 0;
    const seq = Math.max(ledger.last + 1, seconds);
    ledger.last = seq;
    if (action === "identify") ledger.identify = [...ledger.identify, seq].slice(-MAX_PENDING);
    const settled = new Promise<Outcome>((settle) => {
      ledger.pending.push({ seq, until: now + expires * 1000, settle });
    });
    try {
      await this.#options.inTime(this.#store(device, ledger));
    } catch (error) {
      ledger.pending = ledger.pending.filter((pending) => pending.seq !== seq);
      // it must not be stored later
      void this.#save(device, ledger);
      throw error;
    }
    if (ledger.pending.some((pending) => pending.seq === seq)) {
      const command = { action, seq };
      this.#options.publish(device, Buffer.from(encode(ACTION_COMMAND, command)));
      this.#options.sent(device, command);
      this.#look(device, ledger);
    }
    return { seq, settled };
  }

  /** A device replied. Fulfilled when that is stored. */
  async reply(device: Device, reply: Reply): Promise<void> {
    const ledger = this.#ledgers.get(device);
    const { seq, ok } = reply;
    if (ok && ledger?.identify.includes(seq)) {
      ledger.identify = ledger.identify.filter((other) => other !== seq);
      this.#options.identifies(device);
    }
    const outcome: Outcome = { outcome: ok ? "done" : "refused", ...reply };
    const at = ledger?.pending.findIndex((pending) => pending.seq === seq) ?? -1;
    if (at >= 0) {
      const [pending] = ledger!.pending.splice(at, 1);
      this.#settle(ledger!, pending, outcome);
      this.#look(device, ledger!);
      await this.#save(device, ledger!);
    } else if (ok && ledger?.outcomes.get(seq)?.outcome === "timeout") {
      // it was on its way already when it was given up
      ledger.outcomes.set(seq, outcome);
    }
  }

  /** What became of an action; undefined when nothing is known of it. */
  outcome(device: Device, seq: number): Outcome | undefined {
    const ledger = this.#ledgers.get(device);
    if (ledger?.pending.some((pending) => pending.seq === seq)) return { outcome: "pending", seq };
    return ledger?.outcomes.get(seq);
  }

  /** Another server goes on with them: who waits here is told that they are pending. */
  release(device: Device): void {
    const ledger = this.#ledgers.get(device);
    if (!ledger) return;
    clearTimeout(ledger.timer);
    this.#ledgers.delete(device);
    for (const { seq, settle } of ledger.pending) settle({ outcome: "pending", seq });
  }

  /** Stores everything once more: what it was stored in has lost it. Fulfilled when that is done. */
  async storeAgain(): Promise<void> {
    await Promise.all(Array.from(this.#ledgers, ([device, ledger]) => this.#save(device, ledger)));
  }

  /** Fulfilled when all that was to be stored so far is. */
  async stored(): Promise<void> {
    await Promise.all(Array.from(this.#ledgers.values(), ({ stored }) => stored));
  }

  /** Nothing is asked of the device any more. */
  forget(device: Device): void {
    const ledger = this.#ledgers.get(device);
    if (!ledger) return;
    clearTimeout(ledger.timer);
    this.#ledgers.delete(device);
    const error = `${device.id} was forgotten; the action was given up.`;
    for (const { seq, settle } of ledger.pending) settle({ outcome: "timeout", seq, error });
  }

  /** Nothing expires any more; returns when all is stored. */
  async close(): Promise<void> {
    for (const { timer } of this.#ledgers.values()) clearTimeout(timer);
    await this.stored();
  }

  #ledgerOf(device: Device): Ledger {
    let ledger = this.#ledgers.get(device);
    if (!ledger) {
      ledger = {
        last: 0,
        expired: 0,
        pending: [],
        outcomes: new Map(),
        identify: [],
        timer: undefined,
        stored: Promise.resolve(),
      };
      this.#ledgers.set(device, ledger);
    }
    return ledger;
  }

  /** Gives up what has expired, and waits for the next to do so. */
  #look(device: Device, ledger: Ledger): void {
    clearTimeout(ledger.timer);
    const now = clock.now();
    const over = ledger.pending.findLast(({ until }) => until <= now)?.seq;
    if (over !== undefined) this.#giveUp(device, ledger, over);
    const next = Math.min(...ledger.pending.map(({ until }) => until));
    if (next < Infinity) ledger.timer = setTimeout(() => this.#look(device, ledger), Math.max(1, next - now));
  }

  #giveUp(device: Device, ledger: Ledger, seq: number): void {
    const over = ledger.pending.filter((pending) => pending.seq <= seq);
    ledger.pending = ledger.pending.filter((pending) => pending.seq > seq);
    ledger.expired = seq;
    this.#options.expired(device, seq);
    for (const pending of over) {
      const why = pending.seq < seq ? `, because action ${seq}, which was to follow it, has expired` : "";
      const error = `${device.id} did not reply in time; the action was given up${why}, and will not be done later.`;
      this.#settle(ledger, pending, { outcome: "timeout", seq: pending.seq, error });
    }
    void this.#save(device, ledger);
  }

  #settle(ledger: Ledger, { seq, settle }: Pending, outcome: Outcome): void {
    ledger.outcomes.set(seq, outcome);
    if (ledger.outcomes.size > MAX_OUTCOMES) ledger.outcomes.delete(ledger.outcomes.keys().next().value!);
    settle(outcome);
  }

  /** Stores, one after the other. */
  #store(device: Device, ledger: Ledger): Promise<void> {
    const store = (): Promise<void> => {
      const { last, expired, pending, identify } = ledger;
      return this.#options.store(device.id, {
        last,
        expired,
        pending: pending.map(({ seq, until }) => ({ seq, until })),
        identify,
      });
    };
    const done = ledger.stored.then(store);
    ledger.stored = done.catch(() => {});
    return done;
  }

  async #save(device: Device, ledger: Ledger): Promise<void> {
    await this.#store(device, ledger).catch((error: unknown) => this.#options.failed(device, error));
  }
}
