import type { NamedValues } from "../storage/data-folder.js";
import type { MonotonicClock } from "../time/monotonic-clock.js";
import { ALERT_KINDS, type Alert } from "./alert.js";

/** Maximum number of resolved alerts that the server remembers. */
export const MAX_RECENT_ALERTS = 100;

const ALERT_KEY_PREFIX = "alert:";

/** Whether a channel has received the present state of an alert. */
export type DeliveryState = "waiting" | "sent";

/** An alert on disk. Times are in ms since 1970. */
interface StoredAlert extends Omit<Alert, "id" | "count" | "resolved"> {
  readonly count?: number;
  readonly resolved?: number;
  readonly deliveries: Readonly<Record<string, DeliveryState>>;
}

/**
 * An alert, and its delivery state for each channel. `deliveries` has no entry for a channel that did not exist when
 * the alert was raised.
 */
export interface RememberedAlert {
  readonly alert: Alert;
  readonly deliveries: Map<string, DeliveryState>;
}

/** Stores open and recently resolved alerts in the data folder. */
export class AlertStore {
  readonly #values: NamedValues;
  readonly #clock: MonotonicClock;

  constructor(values: NamedValues, clock: MonotonicClock) {
    this.#values = values;
    this.#clock = clock;
  }

  /**
   * Returns the alerts of earlier runs, the oldest first. Leaves out alerts of a kind that this version does not know.
   */
  load(): RememberedAlert[] {
    const fromWall = (time: number): number => this.#clock.fromWall(time);
    return Array.from(
      this.#values.entriesWithPrefix<StoredAlert>(ALERT_KEY_PREFIX),
      ([id, { deliveries, ...stored }]) => ({
        alert: {
          ...stored,
          id,
          count: stored.count,
          since: fromWall(stored.since),
          raised: fromWall(stored.raised),
          resolved: stored.resolved === undefined ? undefined : fromWall(stored.resolved),
        },
        deliveries: new Map(Object.entries(deliveries)),
      }),
    )
      .filter(({ alert }) => ALERT_KINDS.includes(alert.kind))
      .sort((a, b) => a.alert.raised - b.alert.raised);
  }

  put({ alert, deliveries }: RememberedAlert): void {
    const { id, since, raised, resolved, ...rest } = alert;
    const toWall = (time: number): number => this.#clock.toWall(time);
    const stored: StoredAlert = {
      ...rest,
      since: toWall(since),
      raised: toWall(raised),
      ...(resolved !== undefined && { resolved: toWall(resolved) }),
      deliveries: Object.fromEntries(deliveries),
    };
    // The store retries a failed write until the server stops. If no retry succeeds, the next run may repeat or lose
    // the alert.
    this.#values.put(ALERT_KEY_PREFIX + id, stored).catch(() => {});
  }

  delete(id: string): void {
    this.#values.delete(ALERT_KEY_PREFIX + id).catch(() => {});
  }
}
