/** Entry of an alert in the list of alerts. */

import type { Alert } from "../api.js";
import { formatTime } from "../clock.js";
import { cloneTemplate, createElement, findPart, setText } from "../dom.js";
import { formatDuration } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { formatBoardHash, formatZoneHash } from "../route.js";

/** Creates the entry of an alert. @param label returns the present display name of a board or zone */
export function createAlert(alert: Alert, label: (alert: Alert) => string): Element {
  const part = cloneTemplate("alert-template");
  const title = titleOf(alert, label(alert));
  const path =
    alert.device !== null
      ? formatBoardHash(alert.device)
      : alert.zone !== null
        ? formatZoneHash(alert.zone)
        : undefined;
  const place = findPart(part, "title", HTMLElement);
  if (path === undefined) setText(place, title);
  else {
    const link = createElement("a", title);
    link.href = path;
    place.append(link);
  }
  setText(findPart(part, "detail", HTMLElement), detailOf(alert));
  setText(findPart(part, "time", HTMLElement), timeOf(alert));
  return part.firstElementChild!;
}

function titleOf({ kind, device, count }: Alert, label: string): string {
  switch (kind) {
    case "board-offline":
      return message("alerts.boardOffline", { board: label });
    case "zone-without-sensor":
      return message("alerts.zoneWithoutSensor", { zone: label });
    case "readings-lost":
      if (device === null) return message("alerts.historyLost");
      return message("alerts.boardLost", { board: label, count: count ?? 1 });
    case "storage-failing":
      return message("alerts.storageFailing");
    case "rollout-stopped":
      return message("alerts.rolloutStopped");
    case "broker-disconnected":
      return message("alerts.brokerDisconnected");
  }
}

/** Returns the server's text for those kinds of alerts whose text contains advice for the user; "" for other kinds. */
function detailOf({ kind, device, text }: Alert): string {
  switch (kind) {
    case "storage-failing":
    case "broker-disconnected":
      return text;
    case "rollout-stopped":
      // the title says the same as the first sentence
      return text.replace(/^[^.]*\. /, "");
    case "readings-lost":
      return device === null ? text : "";
    default:
      return "";
  }
}

function timeOf({ since, resolved }: Alert): string {
  const begin = Date.parse(since);
  if (resolved === null) return message("alerts.since", { time: formatTime(begin) });
  const end = Date.parse(resolved);
  return message("alerts.fromTo", {
    from: formatTime(begin),
    to: formatTime(end),
    duration: formatDuration(end - begin),
  });
}
