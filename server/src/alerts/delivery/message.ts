import { ALERT_KINDS, type AlertKind, type AlertView } from "../alert.js";

/** A message about one or more alerts, or a test message. */
export interface AlertMessage {
  /** `test` for a message that a person has requested. */
  readonly event: "alerts" | "test";
  /** The most urgent alerts, raised ones first. */
  readonly alerts: readonly AlertView[];
  /** Number of raised alerts that this message reports, including those that `alerts` leaves out. */
  readonly raised: number;
  /** Number of resolved alerts that this message reports, including those that `alerts` leaves out. */
  readonly resolved: number;
  /** Number of open alerts on the server. */
  readonly open: number;
  readonly title: string;
  /** The alerts as text, one a line. */
  readonly text: string;
  /** The page to open; undefined if the server does not know its address. */
  readonly link: string | undefined;
}

/** Maximum number of alerts in the field `alerts` of a message. */
export const MAX_LISTED_ALERTS = 100;
/** Maximum number of alerts that the text of a message describes. */
const MAX_NAMED_ALERTS = 10;

/** For each kind of alert, the noun after a number in a title, such as "12 boards offline". */
const PLURAL_NOUNS: Readonly<Record<AlertKind, string>> = {
  "storage-failing": "storage problems",
  "broker-disconnected": "lost connections to the broker",
  "readings-lost": "losses of readings",
  "rollout-stopped": "stopped updates of all boards",
  "zone-without-sensor": "zones without a fresh sensor",
  "board-offline": "boards offline",
};

/**
 * Creates one message about all alerts that were raised or resolved.
 * @param open number of open alerts
 * @param page the address of the dashboard
 */
export function createAlertMessage(alerts: readonly AlertView[], open: number, page: string | undefined): AlertMessage {
  const sorted = alerts.toSorted((a, b) => Number(a.resolved !== null) - Number(b.resolved !== null) || urgencyRank(a) - urgencyRank(b)); // prettier-ignore
  const raised = sorted.filter(({ resolved }) => resolved === null);
  const resolved = sorted.filter((alert) => alert.resolved !== null);
  const only = sorted.length === 1 ? sorted[0] : undefined;
  return {
    event: "alerts",
    alerts: sorted.slice(0, MAX_LISTED_ALERTS),
    raised: raised.length,
    resolved: resolved.length,
    open,
    title: only
      ? titleOf(only)
      : [groupTitle(raised, ""), groupTitle(resolved, "Resolved: ")].filter(Boolean).join(". "),
    text: linesOf(sorted).join("\n"),
    link: page && alertLink(page, only),
  };
}

/** Creates the test message that a person requests to check whether messages arrive. */
export function createTestMessage(open: number, page: string | undefined): AlertMessage {
  const text = "This is a test. Alerts of Nightlight will arrive like this message.";
  return { event: "test", alerts: [], raised: 0, resolved: 0, open, title: "Nightlight: test", text, link: page && alertLink(page, undefined) }; // prettier-ignore
}

/** Returns the address of the page about an alert, or of the list of alerts. @param page address of the dashboard */
export function alertLink(page: string, alert: AlertView | undefined): string {
  const base = page.replace(/\/*$/, "/");
  if (alert?.device) return `${base}#/board/${encodeURIComponent(alert.device)}`;
  if (alert?.zone) return `${base}#/zone/${encodeURIComponent(alert.zone)}`;
  return `${base}#/alerts`;
}

const urgencyRank = ({ kind }: AlertView): number => ALERT_KINDS.indexOf(kind);

function titleOf({ text, resolved }: AlertView): string {
  const [first] = text.split(/(?<=\.) /, 1);
  return `${resolved === null ? "" : "Resolved: "}${first.replace(/\.$/, "")}`;
}

/** Returns a title that counts the alerts by kind, such as "12 boards offline, 1 zone …"; "" without alerts. */
function groupTitle(alerts: readonly AlertView[], prefix: string): string {
  if (alerts.length === 1) return prefix + titleOf({ ...alerts[0], resolved: null });
  const parts = ALERT_KINDS.flatMap((kind) => {
    const some = alerts.filter((alert) => alert.kind === kind);
    if (some.length === 0) return [];
    return [some.length === 1 ? titleOf({ ...some[0], resolved: null }) : `${some.length} ${PLURAL_NOUNS[kind]}`];
  });
  return parts.length > 0 ? prefix + parts.join(", ") : "";
}

function linesOf(alerts: readonly AlertView[]): string[] {
  const more = alerts.length - MAX_NAMED_ALERTS;
  return [...alerts.slice(0, MAX_NAMED_ALERTS).map(lineOf), ...(more > 0 ? [`… and ${more} more.`] : [])];
}

function lineOf({ text, since, resolved }: AlertView): string {
  if (resolved === null) return `${text} Since ${formatTime(since)}.`;
  return `Resolved at ${formatTime(resolved)}: ${text}`;
}

/** Formats date and time in the time zone of this machine. The date is necessary because messages may arrive late. */
function formatTime(isoTime: string): string {
  const at = new Date(isoTime);
  const padToTwoDigits = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${padToTwoDigits(at.getMonth() + 1)}-${padToTwoDigits(at.getDate())} ${padToTwoDigits(at.getHours())}:${padToTwoDigits(at.getMinutes())}`;
}
