import { z } from "zod";
import { UPDATE_STATES } from "../devices/update-view.js";
import { optional } from "./tolerant-schemas.js";

const StoredUpdate = z.object({
  state: z.enum(UPDATE_STATES),
  version: z.string(),
  /** SHA-256 of the program that the update installs. */
  sha256: z.string(),
  /** The version to which the board can go back. */
  previous: optional(z.string()),
  /** The version that the board reported before the update. */
  replaced: optional(z.string()),
  problem: optional(z.string()),
  /** Whether the board has erased its old program for this update. */
  isErased: z.boolean(),
  /** Whether the board has refused the update. */
  isRefused: optional(z.boolean()),
  /** Whether the board starts the new version again and again, so that the update has failed. */
  isInCrashLoop: optional(z.boolean()),
  /** Whether the board had no working program when the update failed. */
  wasErased: optional(z.boolean()),
  /** When the state began, in ms since 1970. */
  since: optional(z.number()),
});

/** The last update of a board, as it is stored for a restart of the server. */
export type StoredUpdate = Readonly<z.infer<typeof StoredUpdate>>;

/** Returns an update that the data folder contains; undefined for one that this version does not understand. */
export function parseStoredUpdate(value: unknown): StoredUpdate | undefined {
  return StoredUpdate.safeParse(value).data;
}
