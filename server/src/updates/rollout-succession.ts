/** Decides how a rollout continues an earlier one, and which boards a rollback has to change. */
import { countOutcome } from "./rollout-plan.js";
import type { ChangedBoard, RolloutBoard, StoredRollout } from "./stored-rollout.js";

/** Returns whether a rollout installs the versions of these boards. */
export function hasVersionsOf(rollout: StoredRollout, boards: readonly RolloutBoard[]): boolean {
  const versions = new Set(rollout.boards.map(({ version }) => version));
  return !rollout.isRollback && boards.every(({ version }) => versions.has(version));
}

/** Adds boards to a rollout of the same versions, and lets it try again those that it has left out or that have failed. */
export function addBoards({ boards: known }: StoredRollout, boards: readonly RolloutBoard[]): void {
  const indexes = new Map(known.map(({ id }, index) => [id, index]));
  for (const board of boards) {
    const index = indexes.get(board.id);
    if (index === undefined) known.push(board);
    else if (known[index].outcome !== "pending" && known[index].outcome !== "updating") known[index] = board;
  }
}

/**
 * Returns the boards that a rollback has to change: those that the rollout has begun to update, and those of earlier
 * rollouts that were stopped. For a rollback, these are the boards that do not have their previous version yet.
 */
export function listChangedBoards({ boards, isRollback, changedBefore }: StoredRollout): ChangedBoard[] {
  if (isRollback)
    return boards
      .filter(({ outcome }) => outcome !== "done")
      .map(({ id, version, previous = version }) => ({ id, version: previous, previous: version }));
  const changed = new Map(changedBefore.map((board) => [board.id, board]));
  for (const { id, version, previous, outcome } of boards) {
    if (outcome === "pending" || outcome === "skipped") continue;
    // the version before all rollouts that were stopped
    const origin = changed.get(id)?.previous ?? previous;
    if (origin !== undefined) changed.set(id, { id, version, previous: origin });
  }
  return [...changed.values()];
}

/** Returns the boards that a rollout of other versions has to remember from the rollout before it. */
export function inheritChangedBoards(before: StoredRollout | undefined): ChangedBoard[] {
  if (!before || (before.state === "finished" && !before.isRollback)) return [];
  return listChangedBoards(before);
}

/** The versions that a rollout, its resumption or a rollback may install. */
export function* listVersions({ boards, changedBefore }: StoredRollout): Generator<string> {
  for (const { version, previous } of [...boards, ...changedBefore]) {
    yield version;
    if (previous !== undefined) yield previous;
  }
}

/** Lets a rollout run again, and accepts the failures so far. */
export function reopen(rollout: StoredRollout): void {
  rollout.state = "running";
  rollout.problem = undefined;
  rollout.endedAt = undefined;
  rollout.acceptedFailures = countOutcome(rollout.boards, "failed");
}
