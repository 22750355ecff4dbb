import { randomUUID } from "node:crypto";
import { ALERT_KINDS, type Alert, type AlertKind, type Finding } from "./alert.js";

/** Maximum number of open alerts of one kind. Further problems wait until an alert is resolved. */
export const MAX_OPEN_ALERTS = 1000;

/** The alerts that one check has raised, resolved and updated. */
export interface AlertChanges {
  readonly raised: readonly Alert[];
  readonly resolved: readonly Alert[];
  /** Open alerts whose label, text or count has changed, for example because a board has lost more readings. */
  readonly updated: readonly Alert[];
}

/**
 * Decides when a problem becomes an alert and when the alert is resolved. A problem that lasts longer than the grace
 * period becomes one alert. A shorter problem causes no alert.
 */
export class AlertTracker {
  readonly #open = new Map<AlertKind, Map<string, Alert>>(ALERT_KINDS.map((kind) => [kind, new Map()]));
  /**
   * For each problem that is not an alert yet: the time when the problem began, in ms by the monotonic clock. Contains
   * no problem whose finding already gives this time. The key consists of the kind and the subject.
   */
  #pending = new Map<string, number>();

  /** @param open the open alerts of an earlier run */
  constructor(open: Iterable<Alert> = []) {
    for (const alert of open) this.#add(alert);
  }

  get openAlerts(): Iterable<Alert> {
    return [...this.#open.values()].flatMap((alerts) => [...alerts.values()]);
  }

  /** Returns the open alerts of a kind, by their subject. */
  openAlertsOf(kind: AlertKind): ReadonlyMap<string, Alert> {
    return this.#open.get(kind)!;
  }

  /**
   * Compares the present problems with the open alerts, and raises, updates and resolves alerts.
   * @param now in ms by the monotonic clock
   * @param grace how long a problem must last before it becomes an alert, in ms
   */
  checkFindings(findings: Iterable<Finding>, now: number, grace: number): AlertChanges {
    const raised: Alert[] = [];
    const updated: Alert[] = [];
    const found = new Set<Alert>();
    const pending = new Map<string, number>();
    for (const finding of findings) {
      const { kind, subject } = finding;
      const alert = this.openAlertsOf(kind).get(subject);
      if (alert) {
        found.add(alert);
        if (!finding.uncertain && updateAlert(alert, finding)) updated.push(alert);
        continue;
      }
      if (finding.uncertain) continue;
      const key = `${kind} ${subject}`;
      const since = finding.since ?? this.#pending.get(key) ?? now;
      if (now - since >= grace && this.openAlertsOf(kind).size < MAX_OPEN_ALERTS) {
        const made = this.#add(createAlert(finding, since, now));
        raised.push(made);
        found.add(made);
      } else if (finding.since === undefined) pending.set(key, since);
    }
    this.#pending = pending;
    return { raised, resolved: this.#resolveAllBut(found, now), updated };
  }

  #resolveAllBut(found: ReadonlySet<Alert>, now: number): Alert[] {
    const resolved: Alert[] = [];
    for (const alert of this.openAlerts) {
      if (found.has(alert)) continue;
      this.#open.get(alert.kind)!.delete(alert.subject);
      alert.resolved = now;
      resolved.push(alert);
    }
    return resolved;
  }

  #add(alert: Alert): Alert {
    this.#open.get(alert.kind)!.set(alert.subject, alert);
    return alert;
  }
}

function createAlert({ kind, subject, label, text, count }: Finding, since: number, now: number): Alert {
  return { id: randomUUID(), kind, subject, label, text, count, since, raised: now, resolved: undefined };
}

/** Updates an alert from a finding. Returns whether the alert has changed. */
function updateAlert(alert: Alert, { label, text, count }: Finding): boolean {
  if (alert.label === label && alert.text === text && alert.count === count) return false;
  Object.assign(alert, { label, text, count });
  return true;
}
