import { countOutcome, waveOf } from "./rollout-plan.js";
import { listChangedBoards } from "./rollout-succession.js";
import type { StoredRollout } from "./stored-rollout.js";

/** A board of a rollout, and why it was left out or has failed. */
export interface RolloutBoardReason {
  readonly id: string;
  readonly reason: string;
}

/** A rollout as the API and the event stream show it. */
export interface RolloutView {
  readonly state: StoredRollout["state"];
  /** Whether the rollout installs the previous versions again. */
  readonly roll_back: boolean;
  /** The versions that the rollout installs. */
  readonly versions: readonly string[];
  /** When the rollout has stopped or finished, in ISO 8601; null while it is running. */
  readonly ended_at: string | null;
  /** 1: one board, 2: a tenth of all boards, 3: all others. */
  readonly wave: 1 | 2 | 3;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly updating: number;
  /** Boards that the rollout left out, for example because they were offline. */
  readonly skipped: number;
  /** Why the rollout has stopped; null while it has not. */
  readonly problem: string | null;
  /** Ids of the boards on which the update has failed. */
  readonly failed_boards: readonly string[];
  /** The boards on which the update has failed, and why. */
  readonly failures: readonly RolloutBoardReason[];
  /** The boards that were left out, and why. */
  readonly skipped_boards: readonly RolloutBoardReason[];
  /** Number of boards that a rollback would change. */
  readonly to_roll_back: number;
}

export function toRolloutView(rollout: StoredRollout): RolloutView {
  const { boards, state, isRollback, problem, endedAt } = rollout;
  const failed = boards.filter(({ outcome }) => outcome === "failed");
  return {
    state,
    roll_back: isRollback,
    versions: [...new Set(boards.map(({ version }) => version))],
    ended_at: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    wave: waveOf(rollout),
    total: boards.length,
    done: countOutcome(boards, "done"),
    failed: failed.length,
    updating: countOutcome(boards, "updating"),
    skipped: countOutcome(boards, "skipped"),
    problem: problem ?? null,
    failed_boards: failed.map(({ id }) => id),
    failures: failed.map(({ id, reason = `The update of ${id} failed.` }) => ({ id, reason })),
    skipped_boards: boards
      .filter(({ outcome }) => outcome === "skipped")
      .map(({ id, reason = `${id} is offline.` }) => ({ id, reason })),
    to_roll_back: listChangedBoards(rollout).length,
  };
}
