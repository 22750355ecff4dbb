/** The list of alerts, computed from the server's events. Does not use the DOM. */

import type { Alert } from "../api.js";

/** Largest number of resolved alerts in the list, the same as on the server. */
const MAX_RESOLVED = 100;

/** Returns the list with a new or changed alert, the newest first. */
export function withAlert(list: readonly Alert[], alert: Alert): Alert[] {
  const others = list.filter(({ id }) => id !== alert.id);
  const all = [alert, ...others].sort((a, b) => (a.raised > b.raised ? -1 : a.raised < b.raised ? 1 : 0));
  let resolved = 0;
  return all.filter((one) => one.resolved === null || ++resolved <= MAX_RESOLVED);
}
