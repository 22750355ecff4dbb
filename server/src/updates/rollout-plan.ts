/** The order in which a rollout updates boards, and when it has to stop. */
import type { RolloutBoard, RolloutOutcome, StoredRollout } from "./stored-rollout.js";

/** Largest part of the boards that may fail before the rollout stops. */
const MAX_FAILURE_RATIO = 0.02;

export const countOutcome = (boards: readonly RolloutBoard[], outcome: RolloutOutcome): number =>
  boards.filter((board) => board.outcome === outcome).length;

/** Returns whether every board has had its turn. */
export const isComplete = ({ boards }: Pick<StoredRollout, "boards">): boolean =>
  countOutcome(boards, "pending") + countOutcome(boards, "updating") === 0;

/** The wave of a rollout: 1 is one board, 2 is a tenth of all boards, 3 is all others. */
export function waveOf({ boards }: Pick<StoredRollout, "boards">): 1 | 2 | 3 {
  const begun = boards.length - countOutcome(boards, "pending") - countOutcome(boards, "skipped");
  if (begun <= 1) return 1;
  return begun <= 1 + tenthOf(boards) ? 2 : 3;
}

/**
 * Returns the boards to update next. The third wave proceeds in steps of a tenth, so that it can stop in time. A rollback
 * has one step.
 */
export function nextBoardsOf({ boards, isRollback }: Pick<StoredRollout, "boards" | "isRollback">): RolloutBoard[] {
  const pending = boards.filter(({ outcome }) => outcome === "pending");
  if (isRollback) return pending;
  return pending.slice(0, !boards.some(isTried) ? 1 : tenthOf(boards));
}

/** Boards that were left out say nothing about the new version. */
const isTried = ({ outcome }: RolloutBoard): boolean => outcome === "done" || outcome === "failed";

const tenthOf = (boards: readonly RolloutBoard[]): number => Math.ceil(boards.length / 10);

/** Why a rollout is stopped after boards that counted as failed have returned late. */
const RETURNED =
  "The rollout stopped because the update failed on some boards. They run the new version now. Resume the rollout.";

/**
 * Adapts a rollout to boards that counted as failed and have returned late.
 * @param before why the rollout had to stop until now; "" if it did not have to
 */
export function applyLateReturns(rollout: StoredRollout, before: string): void {
  rollout.acceptedFailures = Math.min(rollout.acceptedFailures, countOutcome(rollout.boards, "failed"));
  if (before !== "" && rollout.problem === before) rollout.problem = stopReasonOf(rollout) || RETURNED;
}

/** Returns why a rollout must stop, as a sentence; "" if it may continue. */
export function stopReasonOf({ boards, isRollback, acceptedFailures }: StoredRollout): string {
  const failed = countOutcome(boards, "failed");
  const tried = failed + countOutcome(boards, "done");
  if (isRollback || failed - acceptedFailures <= tried * MAX_FAILURE_RATIO) return "";
  const others = countOutcome(boards, "pending") > 0 ? " Boards that were not updated yet keep their version." : "";
  return `The update failed on ${failed} of ${tried} boards, which is more than ${100 * MAX_FAILURE_RATIO} %.${others} Resume the rollout if the reason is known, or roll it back.`;
}
