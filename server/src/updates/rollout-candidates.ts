/** Chooses the boards of a rollout or a rollback. */
import { runsVersion, skip, type RolloutBoardContext } from "./rollout-board.js";
import { listChangedBoards } from "./rollout-succession.js";
import type { RolloutBoard, StoredRollout } from "./stored-rollout.js";
import { UpdateError } from "./update-error.js";
import { describeMissingCopy } from "./update-problems.js";

/** Returns the boards that are online and for which there is a newer version, by id. */
export function listOutdatedBoards({ updates, devices }: Omit<RolloutBoardContext, "log">): RolloutBoard[] {
  const boards: RolloutBoard[] = [];
  for (const device of devices) {
    const image = device.online && updates.images.availableFor(device);
    if (!image) continue;
    const previous = updates.versionToKeep(device);
    boards.push({ id: device.id, version: image.version, previous, outcome: "pending" });
  }
  return boards.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Returns the boards of a rollback. Those whose previous version the server does not have are left out.
 * @throws UpdateError when there are no boards, or all would be left out
 */
export function planRollback(rollout: StoredRollout, context: RolloutBoardContext): RolloutBoard[] {
  const boards = listChangedBoards(rollout).map(({ id, version, previous }): RolloutBoard => {
    return { id, version: previous, previous: version, outcome: "pending" };
  });
  if (boards.length === 0)
    throw new UpdateError(
      "conflict",
      rollout.isRollback
        ? "The boards already have their previous versions again; update all boards to install the newest ones."
        : "The rollout has not changed any board.",
    );
  skipMissingVersions(boards, context);
  if (boards.every(({ outcome }) => outcome === "skipped"))
    throw new UpdateError("conflict", `No board was rolled back. ${boards[0].reason}`);
  return boards;
}

/** Leaves boards out of a rollback to versions of which the server has no copy. */
function skipMissingVersions(boards: readonly RolloutBoard[], context: RolloutBoardContext): void {
  const { updates, devices } = context;
  for (const board of boards) {
    const device = devices.get(board.id);
    if (!device || runsVersion(board, devices)) continue;
    const type = updates.typeOf(device);
    if (!updates.images.hasVersion(type, board.version)) skip(board, describeMissingCopy(device, type, board.version));
  }
}
