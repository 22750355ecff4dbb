import { COMMAND_NAME } from "../common/command-name.js";
import type { Device, Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { NamedValues } from "../storage/data-folder.js";
import type { BoardUpdate } from "./board-update.js";
import { findUpdateOf, recordUpdate, startBoard } from "./rollout-board.js";
import {
  applyLateReturns,
  countOutcome,
  nextBoardsOf,
  stopReasonOf,
  type RolloutBoard,
  type StoredRollout,
} from "./rollout-plan.js";
import { toRolloutView, type RolloutView } from "./rollout-view.js";
import { UpdateError } from "./update-error.js";
import type { Updates } from "./updates.js";

export type { RolloutView } from "./rollout-view.js";

/** Name under which the data folder stores the rollout. */
const VALUE_NAME = "rollout";

export interface RolloutsOptions {
  readonly updates: Updates;
  readonly devices: Devices;
  readonly values: NamedValues;
  readonly log: Log;
  /** Shows the rollout to people after a change. */
  changed(view: RolloutView): void;
}

/**
 * Updates all boards in waves: one board, a tenth, all others. Stops when too many do not return. There is at most one
 * rollout at a time, and it survives a restart of the server.
 */
export class Rollouts {
  readonly #options: RolloutsOptions;
  #current: StoredRollout | undefined;
  #isStarting = false;
  /** Whether boards may still be connecting after a restart of the server. */
  #isRestoring = false;
  #isClosed = false;

  constructor(options: RolloutsOptions) {
    this.#options = options;
    options.updates.onChange((update) => this.#updateChanged(update));
  }

  /** Loads the rollout of an earlier run and continues it. Call it after the updates are restored. */
  restore(): void {
    const { values } = this.#options;
    this.#current = values.entriesWithPrefix<StoredRollout>(VALUE_NAME).get("");
    // A person may resume a stopped rollout before the boards have connected again.
    this.#isRestoring = this.#current !== undefined && this.#current.state !== "finished";
    for (const board of this.#current?.boards ?? []) {
      // The server ended before it stored the update, so the board begins again.
      if (board.outcome === "updating" && !findUpdateOf(board, this.#options.updates)) board.outcome = "pending";
    }
  }

  /** Continues a restored rollout. Call it when boards have had time to connect. */
  continueRestored(): void {
    this.#isRestoring = false;
    for (const board of this.#current?.boards ?? []) {
      // The update may have ended before the server did, without a later change that would be noticed.
      const update = board.outcome === "updating" && this.#options.updates.updateOf(board.id);
      if (!update) continue;
      update.limitWaiting();
      this.#updateChanged(update);
    }
    void this.#continue();
  }

  get view(): RolloutView | null {
    return this.#current ? toRolloutView(this.#current) : null;
  }

  /** Why the rollout has stopped by itself, as a sentence; "" if it has not. */
  get problem(): string {
    return this.#current?.state === "stopped" ? stopReasonOf(this.#current) : "";
  }

  /**
   * Starts to update all boards for which there is a newer version.
   * @throws UpdateError when a rollout is running, or no board needs an update
   */
  async start(): Promise<RolloutView> {
    const { updates, devices } = this.#options;
    await updates.refreshImages();
    this.#requireNotRunning();
    const boards = [...devices].flatMap((device) => this.#boardOf(device) ?? []).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (boards.length === 0)
      throw new UpdateError(
        "conflict",
        `No board that is online needs an update; ${COMMAND_NAME} update list and GET /api/updates list the versions.`,
      );
    return this.#begin({ boards, isRollback: false });
  }

  /** Stops the rollout after the boards that are being updated. @throws UpdateError when none is running */
  stop(): RolloutView {
    const rollout = this.#require();
    if (rollout.state !== "running") throw new UpdateError("conflict", "No rollout is running.");
    rollout.state = "stopped";
    rollout.problem = "Somebody stopped the rollout. The other boards keep their version.";
    return this.#changed(rollout);
  }

  /** Continues a stopped rollout, and accepts the failures so far. @throws UpdateError when none has stopped */
  resume(): RolloutView {
    const rollout = this.#require();
    if (rollout.state !== "stopped")
      throw new UpdateError("conflict", "No rollout is stopped, so there is nothing to resume.");
    rollout.state = "running";
    rollout.problem = undefined;
    rollout.acceptedFailures = countOutcome(rollout.boards, "failed");
    const view = this.#changed(rollout);
    void this.#continue();
    return view;
  }

  /** Installs the previous versions of all boards that the rollout has updated. @throws UpdateError when there are none */
  rollBack(): RolloutView {
    this.#requireNotRunning();
    const { boards, isRollback } = this.#require();
    const updating = countOutcome(boards, "updating");
    if (updating > 0)
      throw new UpdateError(
        "conflict",
        `Boards that are still being updated: ${updating}. Roll back when their updates have ended; that takes at most some minutes.`,
      );
    if (isRollback)
      throw new UpdateError(
        "conflict",
        "The boards already have their previous versions again; update all boards to install the newest ones.",
      );
    const changed = boards.filter(({ outcome, previous }) => previous && (outcome === "done" || outcome === "failed"));
    if (changed.length === 0) throw new UpdateError("conflict", "The rollout has not changed any board.");
    return this.#begin({
      boards: changed.map(({ id, version, previous }) => {
        return { id, version: previous!, previous: version, outcome: "pending" };
      }),
      isRollback: true,
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  #boardOf(device: Device): RolloutBoard | undefined {
    const image = this.#options.updates.availableFor(device);
    if (!image || !device.online) return undefined;
    return { id: device.id, version: image.version, previous: device.status?.firmware, outcome: "pending" };
  }

  #begin(plan: Pick<StoredRollout, "boards" | "isRollback">): RolloutView {
    const rollout: StoredRollout = { ...plan, state: "running", problem: undefined, acceptedFailures: 0 };
    this.#current = rollout;
    const what = plan.isRollback ? "Rolling back" : "Updating";
    this.#options.log.info("update", `${what} boards: ${plan.boards.length}`);
    const view = this.#changed(rollout);
    void this.#continue();
    return view;
  }

  #require(): StoredRollout {
    if (!this.#current) throw new UpdateError("unknown", "No rollout was started yet.");
    return this.#current;
  }

  #requireNotRunning(): void {
    if (this.#current?.state === "running")
      throw new UpdateError("conflict", "A rollout is running; stop it, or wait until it is finished.");
  }

  /** Starts the next boards when no board is being updated. */
  async #continue(): Promise<void> {
    if (this.#isStarting || this.#isRestoring) return;
    this.#isStarting = true;
    try {
      // A person may stop the rollout and start another while boards are being started, so read it again each time.
      for (let rollout = this.#current; rollout && this.#isRunning(rollout); rollout = this.#current) {
        if (countOutcome(rollout.boards, "updating") > 0) return;
        const problem = stopReasonOf(rollout);
        const next = problem ? [] : nextBoardsOf(rollout);
        if (next.length === 0) return this.#end(rollout, problem);
        for (const board of next)
          if (this.#isRunning(rollout)) await startBoard(board, rollout.isRollback, this.#options);
        if (rollout === this.#current) this.#changed(rollout);
      }
    } finally {
      this.#isStarting = false;
    }
  }

  #isRunning(rollout: StoredRollout): boolean {
    return rollout === this.#current && rollout.state === "running" && !this.#isClosed;
  }

  #updateChanged({ device: { id } }: BoardUpdate): void {
    const rollout = this.#current;
    const board = rollout?.boards.find((other) => other.id === id);
    if (!rollout || !board) return;
    const stopReason = stopReasonOf(rollout);
    if (!recordUpdate(board, this.#options)) return;
    applyLateReturns(rollout, stopReason);
    this.#changed(rollout);
    void this.#continue();
  }

  #end(rollout: StoredRollout, problem: string): void {
    rollout.state = problem ? "stopped" : "finished";
    rollout.problem = problem || undefined;
    const { log } = this.#options;
    if (problem) log.warn("update", `The rollout has stopped. ${problem}`);
    else {
      const what = rollout.isRollback
        ? "The rollback is finished; boards with their previous version"
        : "The rollout is finished; boards updated";
      log.info("update", `${what}: ${countOutcome(rollout.boards, "done")} of ${rollout.boards.length}`);
    }
    this.#changed(rollout);
  }

  #changed(rollout: StoredRollout): RolloutView {
    this.#options.values.put(VALUE_NAME, rollout).catch(() => {
      // The storage health reports it; after a restart the rollout continues from its former state.
    });
    const view = toRolloutView(rollout);
    this.#options.changed(view);
    return view;
  }
}
