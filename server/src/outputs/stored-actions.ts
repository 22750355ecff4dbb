import type { StorageClock } from "../time/storage-clock.js";

/** The longest time that an action waits for a reply, in ms. The API accepts at most a day. */
const MAX_ACTION_DURATION = 86_400_000;

/** The actions of a device, in the form in which they are stored for a restart. */
export interface StoredActions {
  /** The `seq` of the latest action of the device. */
  readonly last: number;
  /** All actions up to this `seq` have expired. */
  readonly expired: number;
  /** The actions that wait for a reply. */
  readonly pending: readonly {
    readonly seq: number;
    /** When the action expires, in ms: in memory by the monotonic clock, in storage since 1970. */
    readonly until: number;
  }[];
  /** Sequence numbers of the latest `identify` actions. */
  readonly identify: readonly number[];
}

/** Converts the times of actions to ms since 1970, for storage. */
export function toStoredActions(actions: StoredActions, clock: StorageClock): StoredActions {
  return convertTimes(actions, (until) => clock.toWall(until));
}

/**
 * Converts the expiry times of stored actions to the monotonic clock. Actions expire after `MAX_ACTION_DURATION` at the latest,
 * even if the wall clock was set back.
 */
export function fromStoredActions(stored: StoredActions, clock: StorageClock): StoredActions {
  const latest = clock.now() + MAX_ACTION_DURATION;
  return convertTimes(stored, (until) => Math.min(clock.fromWall(until), latest));
}

function convertTimes(actions: StoredActions, convert: (until: number) => number): StoredActions {
  return { ...actions, pending: actions.pending.map(({ seq, until }) => ({ seq, until: convert(until) })) };
}
