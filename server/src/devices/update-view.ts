/**
 * The states of an update, in order. `waiting`: until the board is online and has replied. `handing-over`: until the
 * board's update adapter connects. `restarting`: until the board reports the new version.
 */
export const UPDATE_STATES = ["waiting", "handing-over", "writing", "restarting", "done", "failed"] as const;
export type UpdateState = (typeof UPDATE_STATES)[number];

/**
 * A version that was installed on a device and did not connect to the broker, or started again and again, probably because
 * it crashed.
 */
export interface CrashedVersionView {
  readonly version: string;
  /** When the server noticed it, in ISO 8601. */
  readonly at: string;
}

/** The program update of a device, as the API, the event stream and the dashboard show it. */
export interface DeviceUpdateView {
  /** The newest version for this type of board; null if the server has none. */
  readonly latest: string | null;
  /** The state of the last update; null if there was none, or the device has installed another version since. */
  readonly state: UpdateState | null;
  /** The version that the last update installs; null if there was none. */
  readonly version: string | null;
  /** How much of the program is written, in percent; null unless `state` is `writing`. */
  readonly percent: number | null;
  /** Why the update failed and what to do, in sentences; null unless `state` is `failed`. */
  readonly problem: string | null;
  /** The last version before the update that did not crash, if it can be installed again; otherwise null. */
  readonly previous: string | null;
  /** When `state` began, in ISO 8601; null without a state, or if an earlier version of the server has stored it. */
  readonly since: string | null;
  /** The version that crashed last on this device; null if none did, or an update to it has succeeded since. */
  readonly crashed: CrashedVersionView | null;
}
