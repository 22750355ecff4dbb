import { countOutcome, waveOf, type StoredRollout } from "./rollout-plan.js";

/** A rollout as the API and the event stream show it. */
export interface RolloutView {
  readonly state: StoredRollout["state"];
  /** Whether the rollout installs the previous versions again. */
  readonly roll_back: boolean;
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
  /** Ids of the boards that do not run the new version. */
  readonly failed_boards: readonly string[];
  /** The boards that were left out, and why. */
  readonly skipped_boards: readonly { readonly id: string; readonly reason: string }[];
}

export function toRolloutView(rollout: StoredRollout): RolloutView {
  const { boards, state, isRollback, problem } = rollout;
  return {
    state,
    roll_back: isRollback,
    wave: waveOf(rollout),
    total: boards.length,
    done: countOutcome(boards, "done"),
    failed: countOutcome(boards, "failed"),
    updating: countOutcome(boards, "updating"),
    skipped: countOutcome(boards, "skipped"),
    problem: problem ?? null,
    failed_boards: boards.filter(({ outcome }) => outcome === "failed").map(({ id }) => id),
    skipped_boards: boards
      .filter(({ outcome }) => outcome === "skipped")
      .map(({ id, reason = `${id} is offline.` }) => ({ id, reason })),
  };
}
