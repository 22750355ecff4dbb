/** The kinds of alerts, the most urgent first. */
export const ALERT_KINDS = [
  "storage-failing",
  "broker-disconnected",
  "readings-lost",
  "rollout-stopped",
  "zone-without-sensor",
  "board-offline",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** A problem that exists now. It becomes an alert if it lasts. */
export interface Finding {
  readonly kind: AlertKind;
  /** The id of the board or the name of the zone; "" if the whole server has the problem. */
  readonly subject: string;
  /** The display name of the board or zone; "" for a problem of the whole server. */
  readonly label: string;
  /** A sentence that describes the problem. */
  readonly text: string;
  /** The number of lost readings of a board; undefined for other problems. */
  readonly count?: number;
  /** When the problem began, in ms by the monotonic clock; undefined if it began when a check first found it. */
  readonly since?: number;
  /**
   * True while the server cannot know yet whether the problem exists, because it has just started. Such a finding keeps
   * an open alert open, but raises none.
   */
  readonly uncertain?: boolean;
}

/** A problem that has lasted for the grace period. Times are in ms by the monotonic clock. */
export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly subject: string;
  label: string;
  text: string;
  count: number | undefined;
  readonly since: number;
  readonly raised: number;
  /** When the problem ended; undefined while the alert is open. */
  resolved: number | undefined;
}

/** An alert as the API, the event stream and the webhook show it. */
export interface AlertView {
  /** The id of the alert. The message that reports its end has the same id. */
  readonly id: string;
  readonly kind: AlertKind;
  /** The id of the board; null for an alert about something else. */
  readonly device: string | null;
  /** The name of the zone; null for an alert about something else. */
  readonly zone: string | null;
  /** The display name of the board or zone; null for an alert about the whole server. */
  readonly label: string | null;
  /** A sentence that describes the problem. */
  readonly text: string;
  /** Number of lost readings of the board; null for other alerts. */
  readonly count: number | null;
  /** When the problem began, in ISO 8601. */
  readonly since: string;
  /** When the problem had lasted for the grace period, in ISO 8601. */
  readonly raised: string;
  /** When the problem ended, in ISO 8601; null while the alert is open. */
  readonly resolved: string | null;
}

/** Converts an alert to the form of the API. @param toWall converts a time of the monotonic clock to ms since 1970 */
export function toAlertView(alert: Alert, toWall: (time: number) => number): AlertView {
  const { id, kind, subject, label, text, count } = alert;
  const toIsoTime = (time: number): string => new Date(toWall(time)).toISOString();
  return {
    id,
    kind,
    device: kind === "board-offline" || (kind === "readings-lost" && subject) ? subject : null,
    zone: kind === "zone-without-sensor" ? subject : null,
    label: label || null,
    text,
    count: count ?? null,
    since: toIsoTime(alert.since),
    raised: toIsoTime(alert.raised),
    resolved: alert.resolved === undefined ? null : toIsoTime(alert.resolved),
  };
}
