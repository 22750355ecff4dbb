import { ACTION_COMMAND, encode, type Reply } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { StorageHealth } from "../storage/health.js";
import { clock } from "../time/monotonic-clock.js";
import type { Publisher } from "../transport/publisher.js";
import { MAX_PENDING_ACTIONS, type Action, type Outcome, type ActionRequest } from "./action.js";
import type { BlinkTracker } from "./blinking.js";
import type { BoardConfigPublisher } from "./board-config.js";
import type { DeviceMemory } from "./device-memory.js";
import type { StorageFailureLog } from "./storage-failures.js";
import type { StoredActions } from "./stored-actions.js";

/** Maximum number of outcomes to remember for each device. Above it, the oldest outcome is forgotten. */
const MAX_REMEMBERED_OUTCOMES = 32;

export interface ActionsOptions {
  readonly memory: Pick<DeviceMemory, "setActions">;
  /** Makes a request fail instead of waiting while the disk is full. */
  readonly health: Pick<StorageHealth, "waitUntilStored">;
  readonly publisher: Publisher;
  /** Publishes to each board which of its actions have expired. */
  readonly boardConfigs: Pick<BoardConfigPublisher, "publish">;
  /** Tracks which boards blink because of `identify`. */
  readonly blinking: Pick<BlinkTracker, "startTracking">;
  readonly failures: Pick<StorageFailureLog, "logFailure">;
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
  lastSeq: number;
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
const SEQ_EPOCH = Date.UTC(2026, 0, 1);

/**
 * Sends actions to devices and keeps track of them until the device replies or the action expires.
 *
 * - `seq` always grows, even if the data folder is lost: it is at least the number of seconds since 2026-01-01.
 * - The server stores an action before publishing it, so that the action survives a restart.
 * - A board performs actions in order. When an action expires, all earlier ones expire as well: `expired` in the board's
 *   configuration is the highest expired `seq`.
 */
export class Actions {
  readonly #options: ActionsOptions;
  readonly #byDevice = new Map<Device, DeviceActions>();

  constructor(options: ActionsOptions) {
    this.#options = options;
  }

  /**
   * Restores a device's stored actions, after a restart or when another server hands the device over. Actions whose
   * time is over expire at once.
   */
  restore(device: Device, { last, expired, pending, identify }: StoredActions): void {
    const actions = this.#actionsOf(device);
    Object.assign(actions, { lastSeq: last, expired, identify });
    actions.pending = pending.map(({ seq, until }) => ({ seq, until, resolve() {} }));
    this.#expireDue(device, actions);
  }

  /** Whether `MAX_PENDING_ACTIONS` actions of the device wait for a reply. If true, do not call `request`. */
  isFull(device: Device): boolean {
    return (this.#byDevice.get(device)?.pending.length ?? 0) >= MAX_PENDING_ACTIONS;
  }

  /** Returns the highest `seq` of expired actions; 0 if there are none. */
  highestExpiredSeqOf(device: Device): number {
    return this.#byDevice.get(device)?.expired ?? 0;
  }

  /**
   * Stores an action and sends it to the device. Resolves after sending; `completion` resolves with the outcome.
   * @param expires time until the action expires, in s
   * @throws Error if the action cannot be stored; then it was not sent
   */
  async request(device: Device, action: Action, expires: number): Promise<ActionRequest> {
    const actions = this.#actionsOf(device);
    const now = clock.now();
    // Ignore an implausible wall clock: one far in the future would use up the sequence numbers.
    const seconds = clock.isWallClockPlausible ? Math.floor((clock.wallNow() - SEQ_EPOCH) / 1000) : 0;
    const seq = Math.max(actions.lastSeq + 1, seconds);
    actions.lastSeq = seq;
    if (action === "identify") actions.identify = [...actions.identify, seq].slice(-MAX_PENDING_ACTIONS);
    const completion = new Promise<Outcome>((resolve) => {
      actions.pending.push({ seq, until: now + expires * 1000, resolve });
    });
    try {
      const stored = this.#storeInOrder(device, actions);
      await this.#options.health.waitUntilStored(stored, "The action was not sent, because it cannot be stored.");
    } catch (error) {
      actions.pending = actions.pending.filter((pending) => pending.seq !== seq);
      // Write the list without the new action, because a retry of the failed write would store that action.
      void this.#save(device, actions);
      throw error;
    }
    if (actions.pending.some((pending) => pending.seq === seq)) {
      const { publisher, log } = this.#options;
      publisher.publish(device.commandTopic, Buffer.from(encode(ACTION_COMMAND, { action, seq })), "not-retained");
      log.info("action", `Asking ${device.id} for ${action}`, { id: device.id, action, seq });
      this.#expireDue(device, actions);
    }
    return { seq, completion };
  }

  /** Completes the action to which a device has replied. Resolves when the outcome is stored. */
  async handleReply(device: Device, reply: Reply): Promise<void> {
    const actions = this.#byDevice.get(device);
    const { seq, ok } = reply;
    if (ok && actions?.identify.includes(seq)) {
      actions.identify = actions.identify.filter((other) => other !== seq);
      this.#options.blinking.startTracking(device);
    }
    const outcome: Outcome = { outcome: ok ? "done" : "refused", ...reply };
    const at = actions?.pending.findIndex((pending) => pending.seq === seq) ?? -1;
    if (at >= 0) {
      const [pending] = actions!.pending.splice(at, 1);
      this.#complete(actions!, pending, outcome);
      this.#expireDue(device, actions!);
      await this.#save(device, actions!);
    } else if (ok && actions?.outcomes.get(seq)?.outcome === "timeout") {
      // Correct the outcome: the reply was already on its way when the action expired.
      actions.outcomes.set(seq, outcome);
    }
  }

  /** Returns the outcome of an action; undefined if the server does not know the action. */
  outcomeOf(device: Device, seq: number): Outcome | undefined {
    const actions = this.#byDevice.get(device);
    if (actions?.pending.some((pending) => pending.seq === seq)) return { outcome: "pending", seq };
    return actions?.outcomes.get(seq);
  }

  /** Releases the actions of a device to another server. Waiting requests end with the outcome `pending`. */
  release(device: Device): void {
    const actions = this.#byDevice.get(device);
    if (!actions) return;
    clearTimeout(actions.timer);
    this.#byDevice.delete(device);
    for (const { seq, resolve } of actions.pending) resolve({ outcome: "pending", seq });
  }

  /** Stores all actions again after the storage has lost them. Resolves when all are stored. */
  async storeAllAgain(): Promise<void> {
    await Promise.all(Array.from(this.#byDevice, ([device, actions]) => this.#save(device, actions)));
  }

  /** Resolves when all pending writes are complete. */
  async whenStored(): Promise<void> {
    await Promise.all(Array.from(this.#byDevice.values(), ({ stored }) => stored));
  }

  /** Drops all actions of a device that is being forgotten. Waiting requests end with the outcome `timeout`. */
  forget(device: Device): void {
    const actions = this.#byDevice.get(device);
    if (!actions) return;
    clearTimeout(actions.timer);
    this.#byDevice.delete(device);
    const error = `${device.id} was forgotten; the action was given up.`;
    for (const { seq, resolve } of actions.pending) resolve({ outcome: "timeout", seq, error });
  }

  /** Stops the timers. Resolves when all pending writes are complete. */
  async close(): Promise<void> {
    for (const { timer } of this.#byDevice.values()) clearTimeout(timer);
    await this.whenStored();
  }

  #actionsOf(device: Device): DeviceActions {
    let actions = this.#byDevice.get(device);
    if (!actions) {
      actions = {
        lastSeq: 0,
        expired: 0,
        pending: [],
        outcomes: new Map(),
        identify: [],
        timer: undefined,
        stored: Promise.resolve(),
      };
      this.#byDevice.set(device, actions);
    }
    return actions;
  }

  /** Expires actions whose time is over and sets the timer for the next one. */
  #expireDue(device: Device, actions: DeviceActions): void {
    clearTimeout(actions.timer);
    const now = clock.now();
    const over = actions.pending.findLast(({ until }) => until <= now)?.seq;
    if (over !== undefined) this.#expire(device, actions, over);
    const next = Math.min(...actions.pending.map(({ until }) => until));
    if (next < Infinity) actions.timer = setTimeout(() => this.#expireDue(device, actions), Math.max(1, next - now));
  }

  #expire(device: Device, actions: DeviceActions, seq: number): void {
    const over = actions.pending.filter((pending) => pending.seq <= seq);
    actions.pending = actions.pending.filter((pending) => pending.seq > seq);
    actions.expired = seq;
    this.#options.boardConfigs.publish(device, seq);
    for (const pending of over) {
      const why = pending.seq < seq ? `, because action ${seq}, which was to follow it, has expired` : "";
      const error = `${device.id} did not reply in time; the action was given up${why}, and will not be done later.`;
      this.#complete(actions, pending, { outcome: "timeout", seq: pending.seq, error });
    }
    void this.#save(device, actions);
  }

  #complete(actions: DeviceActions, { seq, resolve }: PendingAction, outcome: Outcome): void {
    actions.outcomes.set(seq, outcome);
    if (actions.outcomes.size > MAX_REMEMBERED_OUTCOMES) actions.outcomes.delete(actions.outcomes.keys().next().value!);
    resolve(outcome);
  }

  /** Stores the actions of a device after earlier writes of the same device. */
  #storeInOrder(device: Device, actions: DeviceActions): Promise<void> {
    const store = (): Promise<void> => {
      const { lastSeq: last, expired, pending, identify } = actions;
      return this.#options.memory.setActions(device.id, {
        last,
        expired,
        pending: pending.map(({ seq, until }) => ({ seq, until })),
        identify,
      });
    };
    const done = actions.stored.then(store);
    actions.stored = done.catch(() => {});
    return done;
  }

  async #save(device: Device, actions: DeviceActions): Promise<void> {
    await this.#storeInOrder(device, actions).catch((error: unknown) =>
      this.#options.failures.logFailure(device.id, "actions", error),
    );
  }
}
