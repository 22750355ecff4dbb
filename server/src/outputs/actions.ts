import { ACTION_COMMAND, encode, type Reply } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { StorageHealth } from "../storage/health.js";
import { clock } from "../time/monotonic-clock.js";
import type { Publisher } from "../transport/publisher.js";
import { MAX_PENDING, type Action, type Outcome, type ActionRequest } from "./action.js";
import type { Blinking } from "./blinking.js";
import type { BoardConfigs } from "./board-config.js";
import type { DeviceMemory } from "./device-memory.js";
import type { StorageFailures } from "./storage-failures.js";
import type { StoredActions } from "./stored-actions.js";

/** Maximum number of outcomes to remember for each device. Above it, the oldest outcome is forgotten. */
const MAX_OUTCOMES = 32;

export interface ActionsOptions {
  readonly memory: Pick<DeviceMemory, "setActions">;
  /** Makes a request fail instead of waiting while the disk is full. */
  readonly health: Pick<StorageHealth, "storedOrThrow">;
  readonly publisher: Publisher;
  /** Publishes which actions have expired, for boards. */
  readonly boardConfigs: Pick<BoardConfigs, "publish">;
  /** Tracks which boards blink because of `identify`. */
  readonly blinking: Pick<Blinking, "begin">;
  readonly failures: Pick<StorageFailures, "report">;
  readonly log: Log;
}

interface PendingAction {
  readonly seq: number;
  /** When the action expires, in ms by the monotonic clock. */
  readonly until: number;
  readonly resolve: (outcome: Outcome) => void;
}

/** The state of one device's actions: sequence numbers, waiting actions and latest outcomes. */
interface DeviceActions {
  last: number;
  expired: number;
  /** Actions that wait for a reply, in order of `seq`. */
  pending: PendingAction[];
  readonly outcomes: Map<number, Outcome>;
  /** Sequence numbers of the latest `identify` actions. */
  identify: readonly number[];
  timer: NodeJS.Timeout | undefined;
  /** Settles when all pending writes of this device's actions are complete. */
  stored: Promise<void>;
}

/** Epoch of `seq`, which counts seconds since 2026-01-01; the seconds fit 31 bits until 2094. */
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * Sends actions to devices and keeps track of them until the device replies or the action expires.
 *
 * - `seq` always grows, even if the data folder is lost: it is at least the number of seconds since 2026-01-01.
 * - The server stores an action before publishing it, so that it knows the action after a restart.
 * - A board performs actions in order. When an action expires, all earlier ones expire as well: `expired` in the board's
 *   configuration is the highest expired `seq`.
 */
export class Actions {
  readonly #options: ActionsOptions;
  readonly #byDevice = new Map<Device, DeviceActions>();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /** Restores a device's actions after a restart or from another server. Actions whose time is over expire at once. */
  restore(device: Device, { last, expired, pending, identify }: StoredActions): void {
    const ledger = this.#ledgerOf(device);
    Object.assign(ledger, { last, expired, identify });
    ledger.pending = pending.map(({ seq, until }) => ({ seq, until, resolve() {} }));
    this.#expireDue(device, ledger);
  }

  /** Whether `MAX_PENDING` actions of the device wait for a reply. If true, do not call `request`. */
  isFull(device: Device): boolean {
    return (this.#byDevice.get(device)?.pending.length ?? 0) >= MAX_PENDING;
  }

  /** Returns the highest `seq` of expired actions; 0 if there are none. */
  expired(device: Device): number {
    return this.#byDevice.get(device)?.expired ?? 0;
  }

  /**
   * Stores an action and sends it to the device. Resolves after sending; `completion` resolves with the outcome.
   * @param expires in s from now
   * @throws Error if the action cannot be stored; then it was not sent
   */
  async request(device: Device, action: Action, expires: number): Promise<ActionRequest> {
    const ledger = this.#ledgerOf(device);
    const now = clock.now();
    // Ignore an implausible wall clock: one far in the future would use up the sequence numbers.
    const seconds = clock.plausible ? Math.floor((clock.wallNow() - EPOCH) / 1000) : 0;
    const seq = Math.max(ledger.last + 1, seconds);
    ledger.last = seq;
    if (action === "identify") ledger.identify = [...ledger.identify, seq].slice(-MAX_PENDING);
    const completion = new Promise<Outcome>((resolve) => {
      ledger.pending.push({ seq, until: now + expires * 1000, resolve });
    });
    try {
      const stored = this.#store(device, ledger);
      await this.#options.health.storedOrThrow(stored, "The action was not sent, because it cannot be stored.");
    } catch (error) {
      ledger.pending = ledger.pending.filter((pending) => pending.seq !== seq);
      // Overwrite the failed write, whose retry would store the new action, with the remaining actions.
      void this.#save(device, ledger);
      throw error;
    }
    if (ledger.pending.some((pending) => pending.seq === seq)) {
      const { publisher, log } = this.#options;
      publisher.publish(device.commandTopic, Buffer.from(encode(ACTION_COMMAND, { action, seq })), "not-retained");
      log.info("action", `Asking ${device.id} for ${action}`, { id: device.id, action, seq });
      this.#expireDue(device, ledger);
    }
    return { seq, completion };
  }

  /** Handles a device's reply to an action. Resolves when the outcome is stored. */
  async reply(device: Device, reply: Reply): Promise<void> {
    const ledger = this.#byDevice.get(device);
    const { seq, ok } = reply;
    if (ok && ledger?.identify.includes(seq)) {
      ledger.identify = ledger.identify.filter((other) => other !== seq);
      this.#options.blinking.begin(device);
    }
    const outcome: Outcome = { outcome: ok ? "done" : "refused", ...reply };
    const at = ledger?.pending.findIndex((pending) => pending.seq === seq) ?? -1;
    if (at >= 0) {
      const [pending] = ledger!.pending.splice(at, 1);
      this.#complete(ledger!, pending, outcome);
      this.#expireDue(device, ledger!);
      await this.#save(device, ledger!);
    } else if (ok && ledger?.outcomes.get(seq)?.outcome === "timeout") {
      // Correct the outcome: the reply was already on its way when the action expired.
      ledger.outcomes.set(seq, outcome);
    }
  }

  /** Returns the outcome of an action; undefined if the server does not know the action. */
  outcome(device: Device, seq: number): Outcome | undefined {
    const ledger = this.#byDevice.get(device);
    if (ledger?.pending.some((pending) => pending.seq === seq)) return { outcome: "pending", seq };
    return ledger?.outcomes.get(seq);
  }

  /** Releases the actions of a device to another server. Waiting requests end with the outcome `pending`. */
  release(device: Device): void {
    const ledger = this.#byDevice.get(device);
    if (!ledger) return;
    clearTimeout(ledger.timer);
    this.#byDevice.delete(device);
    for (const { seq, resolve } of ledger.pending) resolve({ outcome: "pending", seq });
  }

  /** Stores all actions again after the storage has lost them. Resolves when all are stored. */
  async storeAgain(): Promise<void> {
    await Promise.all(Array.from(this.#byDevice, ([device, ledger]) => this.#save(device, ledger)));
  }

  /** Resolves when all pending writes are complete. */
  async stored(): Promise<void> {
    await Promise.all(Array.from(this.#byDevice.values(), ({ stored }) => stored));
  }

  /** Drops all actions of a device that is being forgotten. Waiting requests end with the outcome `timeout`. */
  forget(device: Device): void {
    const ledger = this.#byDevice.get(device);
    if (!ledger) return;
    clearTimeout(ledger.timer);
    this.#byDevice.delete(device);
    const error = `${device.id} was forgotten; the action was given up.`;
    for (const { seq, resolve } of ledger.pending) resolve({ outcome: "timeout", seq, error });
  }

  /** Stops the timers. Resolves when all pending writes are complete. */
  async close(): Promise<void> {
    for (const { timer } of this.#byDevice.values()) clearTimeout(timer);
    await this.stored();
  }

  #ledgerOf(device: Device): DeviceActions {
    let ledger = this.#byDevice.get(device);
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
      this.#byDevice.set(device, ledger);
    }
    return ledger;
  }

  /** Expires actions whose time is over and sets the timer for the next one. */
  #expireDue(device: Device, ledger: DeviceActions): void {
    clearTimeout(ledger.timer);
    const now = clock.now();
    const over = ledger.pending.findLast(({ until }) => until <= now)?.seq;
    if (over !== undefined) this.#expire(device, ledger, over);
    const next = Math.min(...ledger.pending.map(({ until }) => until));
    if (next < Infinity) ledger.timer = setTimeout(() => this.#expireDue(device, ledger), Math.max(1, next - now));
  }

  #expire(device: Device, ledger: DeviceActions, seq: number): void {
    const over = ledger.pending.filter((pending) => pending.seq <= seq);
    ledger.pending = ledger.pending.filter((pending) => pending.seq > seq);
    ledger.expired = seq;
    this.#options.boardConfigs.publish(device, seq);
    for (const pending of over) {
      const why = pending.seq < seq ? `, because action ${seq}, which was to follow it, has expired` : "";
      const error = `${device.id} did not reply in time; the action was given up${why}, and will not be done later.`;
      this.#complete(ledger, pending, { outcome: "timeout", seq: pending.seq, error });
    }
    void this.#save(device, ledger);
  }

  #complete(ledger: DeviceActions, { seq, resolve }: PendingAction, outcome: Outcome): void {
    ledger.outcomes.set(seq, outcome);
    if (ledger.outcomes.size > MAX_OUTCOMES) ledger.outcomes.delete(ledger.outcomes.keys().next().value!);
    resolve(outcome);
  }

  /** Stores the actions of a device after earlier writes of the same device. */
  #store(device: Device, ledger: DeviceActions): Promise<void> {
    const store = (): Promise<void> => {
      const { last, expired, pending, identify } = ledger;
      return this.#options.memory.setActions(device.id, {
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

  async #save(device: Device, ledger: DeviceActions): Promise<void> {
    await this.#store(device, ledger).catch((error: unknown) =>
      this.#options.failures.report(device.id, "actions", error),
    );
  }
}
