import { z } from "zod";
import { optional, tolerantList } from "./tolerant-schemas.js";

/** What has happened to a board in a rollout. `skipped`: the rollout left it out. */
const ROLLOUT_OUTCOMES = ["pending", "updating", "done", "failed", "skipped"] as const;
export type RolloutOutcome = (typeof ROLLOUT_OUTCOMES)[number];

export const ROLLOUT_STATES = ["running", "stopped", "finished"] as const;

/** A board of a rollout. */
export interface RolloutBoard {
  readonly id: string;
  readonly version: string;
  /** The version before the rollout, for the way back. */
  readonly previous?: string;
  outcome: RolloutOutcome;
  /** Why the rollout has left the board out, or why its update has failed. */
  reason?: string;
}

/** A board that a rollout may have changed. */
export interface ChangedBoard {
  readonly id: string;
  /** The version that the rollout installs. */
  readonly version: string;
  /** The version to which the board can go back. */
  readonly previous: string;
}

/** The update of many boards, as it is stored for a restart of the server. */
export interface StoredRollout {
  state: (typeof ROLLOUT_STATES)[number];
  /** Whether the rollout installs the previous versions again. */
  readonly isRollback: boolean;
  /** Why the rollout has stopped, in a sentence; undefined while it is running. */
  problem?: string;
  /** Number of failures that a person has accepted by resuming. */
  acceptedFailures: number;
  /** When the rollout has stopped or finished, in ms since 1970; undefined while it is running. */
  endedAt?: number;
  readonly boards: RolloutBoard[];
  /** Boards that earlier rollouts have changed, which were stopped and not rolled back. */
  readonly changedBefore: readonly ChangedBoard[];
}

const StoredBoard = z.object({
  id: z.string(),
  version: z.string(),
  previous: optional(z.string()),
  outcome: z.enum(ROLLOUT_OUTCOMES),
  reason: optional(z.string()),
});
const StoredChange = z.object({ id: z.string(), version: z.string(), previous: z.string() });
const Rollout = z.object({
  state: z.enum(ROLLOUT_STATES),
  isRollback: z.boolean(),
  problem: optional(z.string()),
  acceptedFailures: z.number().min(0),
  endedAt: optional(z.number().min(0).max(8.64e15)),
  boards: tolerantList(StoredBoard),
  changedBefore: tolerantList(StoredChange).default([]),
});

/** Returns a rollout that the data folder contains; undefined for one that this version does not understand. */
export function parseStoredRollout(value: unknown): StoredRollout | undefined {
  return Rollout.safeParse(value).data;
}
