/** View of alerts: open ones, recently resolved ones, and the services that receive them. */

import { getAlerts, subscribeAlerts } from "../alerts.js";
import type { Alert } from "../api.js";
import type { Boards } from "../boards.js";
import { cloneTemplate, findPart } from "../dom.js";
import { Channels } from "./channels.js";
import { createAlert } from "./entry.js";

/** How often the state of the services is loaded again, in ms. */
const REFRESH_INTERVAL = 10_000;

/** Opens the view in `place`. Returns a function that closes it. */
export function open(place: HTMLElement, boards: Boards): () => void {
  place.append(cloneTemplate("alerts-template"));
  findPart(place, "heading", HTMLElement).focus();
  const label = ({ device, label: known }: Alert): string => (device && boards.get(device)?.label) ?? known ?? "";
  const show = (): void => showAlerts(place, getAlerts(), label);
  const channels = new Channels(place);
  show();
  void channels.load();
  const unsubscribe = subscribeAlerts(show);
  const timer = setInterval(() => void channels.load(), REFRESH_INTERVAL);
  return () => {
    unsubscribe();
    clearInterval(timer);
  };
}

function showAlerts(place: HTMLElement, alerts: readonly Alert[], label: (alert: Alert) => string): void {
  const fill = (name: string, some: readonly Alert[]): void => {
    findPart(place, name, HTMLElement).replaceChildren(...some.map((alert) => createAlert(alert, label)));
    findPart(place, `no-${name}`, HTMLElement).hidden = some.length > 0;
  };
  fill(
    "open",
    alerts.filter(({ resolved }) => resolved === null),
  );
  fill(
    "resolved",
    alerts.filter(({ resolved }) => resolved !== null),
  );
}
