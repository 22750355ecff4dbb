import { COMMAND_NAME } from "../common/command-name.js";
import { Throttle } from "../common/throttle.js";
import type { Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { NamedValues } from "../storage/data-folder.js";
import { clock } from "../time/monotonic-clock.js";
import type { BoardUpdate } from "./board-update.js";
import type { ImageStore } from "./image-store.js";
import { countUpdating, findUpdateOf, recordUpdate, startBoard } from "./rollout-board.js";
import { listOutdatedBoards, planRollback } from "./rollout-candidates.js";
import { applyLateReturns, countOutcome, isComplete, nextBoardsOf, stopReasonOf } from "./rollout-plan.js";
import { addBoards, hasVersionsOf, inheritChangedBoards, listVersions, reopen } from "./rollout-succession.js";
import { toRolloutView, type RolloutView } from "./rollout-view.js";
import { parseStoredRollout, type RolloutBoard, type StoredRollout } from "./stored-rollout.js";
import { UpdateError } from "./update-error.js";
import type { Updates } from "./updates.js";

export type { RolloutView } from "./rollout-view.js";

/** Name under which the data folder stores the rollout. */
const VALUE_NAME = "rollout";

/**
 * How long the outcomes of boards wait until they are stored and shown, in ms. Each time, the whole rollout is stored. A
 * server that is killed meanwhile finds these outcomes in the stored updates again.
 */
const OUTCOME_INTERVAL = 500;

export interface RolloutsOptions {
  readonly updates: Updates;
  readonly devices: Devices;
  readonly store: Pick<ImageStore, "protect">;
  readonly values: NamedValues;
  readonly log: Log;
  /** Shows the rollout to people after a change. */
  changed(view: RolloutView): void;
}

/**
 * Updates all boards in waves: one board, a tenth, all others. Stops when too many updates fail. There is at most one
 * rollout at a time, and it survives a restart of the server.
 */
export class Rollouts {
  readonly #options: RolloutsOptions;
  #current: StoredRollout | undefined;
  #isStarting = false;
  /** Whether boards may still be connecting after a restart of the server. */
  #isRestoring = false;
  #isClosed = false;
  readonly #outcomes = new Throttle<StoredRollout>(OUTCOME_INTERVAL, (rollout) => {
    // another one may have replaced it
    if (rollout === this.#current) this.#changed(rollout);
  });

  constructor(options: RolloutsOptions) {
    this.#options = options;
    const { updates, store, values, log } = options;
    updates.onChange((update) => this.#updateChanged(update));
    // Load the rollout at once, so that the store of images knows its versions before it deletes any.
    const stored = updates.unavailable ? undefined : values.entriesWithPrefix<unknown>(VALUE_NAME).get("");
    this.#current = parseStoredRollout(stored);
    if (stored !== undefined && !this.#current)
      log.warn("update", "The last rollout is ignored, because this version of the server does not understand it.");
    store.protect(() => (this.#current ? listVersions(this.#current) : []));
  }

  /** Continues the rollout of an earlier run. Call it after the updates are restored. */
  restore(): void {
    // A person may resume a stopped rollout before the boards have connected again.
    this.#isRestoring = this.#current !== undefined && this.#current.state !== "finished";
    for (const board of this.#current?.boards ?? []) {
      // The server ended before it stored the update, so the board begins again.
      if (board.outcome === "updating" && !findUpdateOf(board, this.#options.updates)) board.outcome = "pending";
    }
  }

  /** Continues a restored rollout. Call it when boards have had time to connect. */
  continueRestored(): void {
    for (const board of this.#current?.boards ?? []) {
      // The update may have changed before the server ended, without a later change that would be noticed.
      const update = this.#options.updates.updateOf(board.id);
      const isAwaited = board.outcome === "updating" || board.outcome === "failed";
      if (!update || !(isAwaited || update.isInCrashLoop)) continue;
      if (board.outcome === "updating") update.limitWaiting();
      this.#updateChanged(update);
    }
    // A rollback waits for these, too.
    for (const board of this.#current?.changedBefore ?? []) findUpdateOf(board, this.#options.updates)?.limitWaiting();
    this.#isRestoring = false;
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
   * Starts to update all boards for which there is a newer version. Continues the last rollout if it has installed the same
   * versions. Otherwise, and if it was stopped, the new rollout remembers which boards the last one has changed. So a
   * rollback always covers all of them.
   * @throws UpdateError when a rollout is running, no board needs an update, or a rollout of the same versions has stopped
   * because boards failed
   */
  async start(): Promise<RolloutView> {
    await this.#options.updates.refreshImages();
    this.#requireNotRunning();
    const boards = listOutdatedBoards(this.#options);
    if (boards.length === 0)
      throw new UpdateError(
        "conflict",
        `No board that is online needs an update; ${COMMAND_NAME} update list and GET /api/updates list the versions.`,
      );
    const before = this.#current;
    if (before && hasVersionsOf(before, boards)) return this.#continueWith(before, boards);
    return this.#begin({ boards, isRollback: false, changedBefore: inheritChangedBoards(before) });
  }

  /** Stops the rollout after the boards that are being updated. @throws UpdateError when none is running */
  stop(): RolloutView {
    const rollout = this.#require();
    if (rollout.state !== "running") throw new UpdateError("conflict", "No rollout is running.");
    rollout.state = "stopped";
    rollout.problem = "Somebody stopped the rollout. The other boards keep their version.";
    rollout.endedAt = clock.wallNow();
    return this.#changed(rollout);
  }

  /** Continues a stopped rollout, and accepts the failures so far. @throws UpdateError when none has stopped */
  resume(): RolloutView {
    const rollout = this.#require();
    if (rollout.state !== "stopped")
      throw new UpdateError("conflict", "No rollout is stopped, so there is nothing to resume.");
    reopen(rollout);
    return this.#run(rollout);
  }

  /**
   * Installs the previous versions of all boards that the rollout has updated. After a rollback, tries the boards again
   * that do not have their previous version. Leaves out boards whose previous version the server does not have.
   * @throws UpdateError when there are no boards, or all would be left out
   */
  rollBack(): RolloutView {
    this.#requireNotRunning();
    const rollout = this.#require();
    const updating = countUpdating(rollout, this.#options.updates);
    if (updating > 0)
      throw new UpdateError(
        "conflict",
        `Boards that are still being updated: ${updating}. Roll back when their updates have ended; that takes at most some minutes.`,
      );
    const boards = planRollback(rollout, this.#options);
    return this.#begin({ boards, isRollback: true, changedBefore: [] });
  }

  close(): void {
    this.#isClosed = true;
    this.#outcomes.flush();
  }

  #begin(plan: Pick<StoredRollout, "boards" | "isRollback" | "changedBefore">): RolloutView {
    const rollout: StoredRollout = { ...plan, state: "running", acceptedFailures: 0 };
    this.#current = rollout;
    const what = plan.isRollback ? "Rolling back" : "Updating";
    this.#options.log.info("update", `${what} boards: ${plan.boards.length}`);
    return this.#run(rollout);
  }

  /** Continues a rollout with further boards, which get the same versions. */
  #continueWith(rollout: StoredRollout, boards: readonly RolloutBoard[]): RolloutView {
    const problem = rollout.state === "stopped" && stopReasonOf(rollout);
    if (problem)
      throw new UpdateError(
        "conflict",
        `The rollout of this version has stopped. ${problem} The commands are "${COMMAND_NAME} update resume" and "${COMMAND_NAME} update roll-back".`,
      );
    addBoards(rollout, boards);
    reopen(rollout);
    this.#options.log.info("update", `Updating boards, continued: ${countOutcome(rollout.boards, "pending")}`);
    return this.#run(rollout);
  }

  #run(rollout: StoredRollout): RolloutView {
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
    // A program may crash after the rollout has finished, and work after all.
    const problem = stopReasonOf(rollout);
    if (rollout.state === "finished" && problem) return this.#end(rollout, problem);
    if (rollout.state === "stopped" && stopReason && !problem && isComplete(rollout)) return this.#end(rollout, "");
    // After a kill of the server, the stored updates tell the outcomes. An update that somebody gave up is not stored.
    if (this.#isClosed || !findUpdateOf(board, this.#options.updates)) this.#changed(rollout);
    else this.#outcomes.add(rollout);
    void this.#continue();
  }

  #end(rollout: StoredRollout, problem: string): void {
    rollout.state = problem ? "stopped" : "finished";
    rollout.problem = problem || undefined;
    rollout.endedAt = clock.wallNow();
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

  /** Stores and shows a rollout now. */
  #changed(rollout: StoredRollout): RolloutView {
    this.#outcomes.delete(rollout);
    this.#options.values.put(VALUE_NAME, rollout).catch(() => {
      // The storage health reports it; after a restart the rollout continues from its former state.
    });
    const view = toRolloutView(rollout);
    this.#options.changed(view);
    return view;
  }
}
