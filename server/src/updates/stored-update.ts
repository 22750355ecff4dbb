import type { UpdateState } from "../devices/update-view.js";

/** The last update of a board, as it is stored for a restart of the server. */
export interface StoredUpdate {
  readonly state: UpdateState;
  readonly version: string;
  /** SHA-256 of the program that the update installs. */
  readonly sha256: string;
  /** The version that the board reported before the update. */
  readonly previous: string | undefined;
  readonly problem: string | undefined;
  /** Whether the board has erased its old program for this update. */
  readonly isErased: boolean;
  /** Whether the board has refused the update; missing in data of earlier versions. */
  readonly isRefused?: boolean;
}
