/** The update of one board in a rollout: starts it, and records how it ends. */
import { textOf } from "../common/errors.js";
import type { Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { BoardUpdate } from "./board-update.js";
import type { RolloutBoard } from "./rollout-plan.js";
import { UpdateError } from "./update-error.js";
import type { Updates } from "./updates.js";

export interface RolloutBoardContext {
  readonly updates: Updates;
  readonly devices: Devices;
  readonly log: Log;
}

/** Starts the update of a board. Records it as skipped, done or failed if there is nothing to start. */
export async function startBoard(
  board: RolloutBoard,
  isRollback: boolean,
  context: RolloutBoardContext,
): Promise<void> {
  const { updates, devices, log } = context;
  const device = devices.get(board.id);
  // A board that crashed after the update is offline; its adapter waits for the previous version.
  if (!device || (!device.online && !isRollback)) {
    board.outcome = "skipped";
    return;
  }
  board.outcome = "updating";
  try {
    (await updates.request(device, board.version)).limitWaiting();
  } catch (error) {
    if (findUpdateOf(board, updates)?.isActive) return;
    if (error instanceof UpdateError && error.kind === "no-key") return skip(board, error.message);
    board.outcome = outcomeWithoutUpdate(board, devices);
    if (board.outcome === "failed") log.warn("update", textOf(error), { id: board.id });
  }
}

/** Records the state of a board's update. Returns whether its outcome in the rollout has changed. */
export function recordUpdate(board: RolloutBoard, { updates, devices }: RolloutBoardContext): boolean {
  const update = findUpdateOf(board, updates);
  if (board.outcome === "failed" && update?.state === "done") {
    // the board has returned late
    board.outcome = "done";
    return true;
  }
  if (board.outcome !== "updating" || update?.isActive) return false;
  if (update?.isRefused) skip(board, update.problem);
  else if (update) board.outcome = update.state === "done" ? "done" : "failed";
  // a person has given it up or replaced it, or has forgotten the board
  else board.outcome = devices.get(board.id) ? "failed" : "skipped";
  return true;
}

/** Returns the last update of a board if it installs the version of the rollout. */
export function findUpdateOf({ id, version }: RolloutBoard, updates: Updates): BoardUpdate | undefined {
  const update = updates.updateOf(id);
  return update?.image.version === version ? update : undefined;
}

function outcomeWithoutUpdate({ id, version }: RolloutBoard, devices: Devices): RolloutBoard["outcome"] {
  const device = devices.get(id);
  if (!device) return "skipped";
  return device.online && device.status?.firmware === version ? "done" : "failed";
}

function skip(board: RolloutBoard, reason: string | undefined): void {
  board.outcome = "skipped";
  board.reason = reason;
}
