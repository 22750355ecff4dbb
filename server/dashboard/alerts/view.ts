/** View of alerts: open ones, recently resolved ones, refused messages, and the services that receive them. */

import { getAlerts, subscribeAlerts } from "../alerts.js";
import type { Alert } from "../api.js";
import type { Boards } from "../boards.js";
import { cloneTemplate, findPart } from "../dom.js";
import type { Editing } from "../settings/editing.js";
import { ChannelSettings } from "./channel-settings.js";
import { ChannelList } from "./channels.js";
import { createAlert } from "./entry.js";
import { RefusalList } from "./refusals.js";

/** Interval in ms at which the view reloads refused messages and the state of the services that receive alerts. */
const REFRESH_INTERVAL = 10_000;

/** Opens the view in `place`. Returns a function that closes it. */
export function openView(place: HTMLElement, boards: Boards, { settings }: Editing): () => void {
  place.append(cloneTemplate("alerts-template"));
  findPart(place, "heading", HTMLElement).focus();
  const labelOf = ({ device, label: known }: Alert): string => (device && boards.get(device)?.label) ?? known ?? "";
  const show = (): void => showAlerts(place, getAlerts(), labelOf);
  const channels = new ChannelList(place);
  const form = new ChannelSettings(findPart(place, "channel-settings", HTMLElement), settings);
  const refusals = new RefusalList(place);
  const refresh = (): void => {
    void channels.load();
    void refusals.load();
  };
  show();
  refresh();
  const unsubscribe = subscribeAlerts(show);
  const unsubscribeSettings = settings.subscribe(() => void channels.load());
  const timer = setInterval(refresh, REFRESH_INTERVAL);
  return () => {
    unsubscribe();
    unsubscribeSettings();
    form.destroy();
    clearInterval(timer);
  };
}

function showAlerts(place: HTMLElement, alerts: readonly Alert[], label: (alert: Alert) => string): void {
  const fillList = (name: string, some: readonly Alert[]): void => {
    findPart(place, name, HTMLElement).replaceChildren(...some.map((alert) => createAlert(alert, label)));
    findPart(place, `no-${name}`, HTMLElement).hidden = some.length > 0;
  };
  fillList(
    "open",
    alerts.filter(({ resolved }) => resolved === null),
  );
  fillList(
    "resolved",
    alerts.filter(({ resolved }) => resolved !== null),
  );
}
