/** Store of all alerts on the page. Shows the number of open alerts in the header. */

import type { Alert } from "./api.js";
import { findPart, setAttribute, setText } from "./dom.js";
import { withAlert } from "./events/alert-list.js";
import { formatNumber } from "./messages/locale.js";
import { message } from "./messages/message.js";

let alerts: readonly Alert[] = [];
const listeners = new Set<() => void>();

/** Returns open and recently resolved alerts, the newest first. */
export function getAlerts(): readonly Alert[] {
  return alerts;
}

/** Calls a function after each change of the alerts. Returns a function that ends the subscription. */
export function subscribeAlerts(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Replaces all alerts with those of the server. */
export function replaceAlerts(list: readonly Alert[]): void {
  alerts = list;
  showCount();
  for (const changed of listeners) changed();
}

/** Adds an alert, or replaces one that has changed. */
export function updateAlert(alert: Alert): void {
  replaceAlerts(withAlert(alerts, alert));
}

function showCount(): void {
  const count = alerts.filter(({ resolved }) => resolved === null).length;
  const text = count === 0 ? message("page.noAlerts") : message("page.openAlerts", { count });
  const link = findPart(document, "alerts-link", HTMLElement);
  setAttribute(link, "aria-label", text);
  setAttribute(link, "title", text);
  link.classList.toggle("ringing", count > 0);
  setText(findPart(document, "alert-count", HTMLElement), count === 0 ? "" : formatNumber(count));
  // Screen readers announce each change of this text. It stays empty while there has been no alert since the page loaded.
  const status = findPart(document, "alert-status", HTMLElement);
  if (count > 0 || status.textContent !== "") setText(status, text);
}
