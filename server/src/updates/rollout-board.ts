/** The update of one board in a rollout: starts it, and records how it ends. */
import { textOf } from "../common/errors.js";
import type { Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { BoardUpdate } from "./board-update.js";
import type { RolloutBoard, StoredRollout } from "./stored-rollout.js";
import { UpdateError } from "./update-error.js";
import type { Updates } from "./updates.js";

export interface RolloutBoardContext {
  readonly updates: Updates;
  readonly devices: Devices;
  readonly log: Log;
}

/** Starts the update of a board. Records it as done, skipped or failed, with the reason, if there is nothing to start. */
export async function startBoard(
  board: RolloutBoard,
  isRollback: boolean,
  context: RolloutBoardContext,
): Promise<void> {
  const { updates, devices, log } = context;
  const device = devices.get(board.id);
  // A board that crashed after the update is offline; its adapter waits for the previous version.
  if (!device) return skip(board, describeForgotten(board));
  if (!device.online && !isRollback) return skip(board);
  board.outcome = "updating";
  try {
    (await updates.request(device, board.version)).limitWaiting();
  } catch (error) {
    // When the server is stopping, the board begins again after the next start.
    const isStopping = error instanceof UpdateError && error.kind === "stopping";
    const update = findUpdateOf(board, updates);
    if (isStopping || update?.isActive) return;
    if (update?.isInCrashLoop && !update.isObsolete) fail(board, update.problem);
    else if (runsVersion(board, devices)) board.outcome = "done";
    else if (!devices.get(board.id)) skip(board, describeForgotten(board));
    else if (!(error instanceof UpdateError)) fail(board, textOf(error), log);
    // nothing has changed on the board, so this says nothing about the new version
    else skip(board, error.message);
  }
}

/** Records the state of a board's update. Returns whether its outcome in the rollout has changed. */
export function recordUpdate(board: RolloutBoard, { updates, devices }: RolloutBoardContext): boolean {
  const update = findUpdateOf(board, updates);
  if (board.outcome === "failed" && update?.state === "done") {
    // the board has returned late
    board.outcome = "done";
    board.reason = undefined;
    return true;
  }
  // the board has reported the version, and started again and again since
  if (board.outcome === "done" && update?.isInCrashLoop) {
    fail(board, update.problem);
    return true;
  }
  if (board.outcome !== "updating" || update?.isActive) return false;
  if (update?.isRefused) skip(board, update.problem);
  else if (update?.state === "done") board.outcome = "done";
  else if (update) fail(board, update.problem);
  else if (devices.get(board.id)) fail(board, `Somebody gave up or replaced the update of ${board.id}.`);
  else skip(board, describeForgotten(board));
  return true;
}

/** Returns the last update of a board if it installs the version of the rollout. */
export function findUpdateOf(
  { id, version }: Pick<RolloutBoard, "id" | "version">,
  updates: Updates,
): BoardUpdate | undefined {
  const update = updates.updateOf(id);
  return update?.image.version === version ? update : undefined;
}

/** Counts the boards that a rollout, or an earlier one that was stopped, is still updating. */
export function countUpdating({ boards, changedBefore }: StoredRollout, updates: Updates): number {
  const updating = [
    ...boards.filter(({ outcome }) => outcome === "updating"),
    ...changedBefore.filter((board) => findUpdateOf(board, updates)?.isActive),
  ];
  return new Set(updating.map(({ id }) => id)).size;
}

/** Returns whether a board is online with the version of the rollout. */
export function runsVersion({ id, version }: RolloutBoard, devices: Devices): boolean {
  const device = devices.get(id);
  return device?.online === true && device.status?.firmware === version;
}

const describeForgotten = ({ id }: RolloutBoard): string => `${id} was forgotten.`;

/** Leaves a board out of the rollout. */
export function skip(board: RolloutBoard, reason?: string): void {
  board.outcome = "skipped";
  board.reason = reason;
}

function fail(board: RolloutBoard, reason: string | undefined, log?: Log): void {
  board.outcome = "failed";
  board.reason = reason;
  if (reason) log?.warn("update", reason, { id: board.id });
}
