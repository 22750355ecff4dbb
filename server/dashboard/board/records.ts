/** Table of readings and list of lamp switches, as a text alternative to the plot. */

import { createElement } from "../dom.js";
import { formatLampState } from "../labels.js";
import { formatLight, formatNumber } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { formatDateTime } from "./axis.js";
import { translateReason } from "../reasons.js";
import { downsample, type HistorySeries } from "./history-series.js";

const MAX_TABLE_ROWS = 100;
const MAX_SWITCHES = 20;

/** Fills a table with readings, newest first. Combines readings if there are more than `MAX_TABLE_ROWS`. */
export function fillTable(body: HTMLElement, series: HistorySeries): void {
  const rows = downsample(series.points, MAX_TABLE_ROWS).reverse();
  body.replaceChildren(
    ...rows.map(({ time, min, max, last, count }) => {
      const row = document.createElement("tr");
      const cells = [
        ...[last, min, max].map(formatLight),
        formatNumber(count),
        formatLampState(series.lampStateAt(time)),
      ];
      const head = createElement("th", formatDateTime(time));
      head.scope = "row";
      row.append(head, ...cells.map((cell) => createElement("td", cell)));
      return row;
    }),
  );
}

const CAUSE_KEYS = { server: "history.byServer", person: "history.byPerson", device: "history.byBoard" } as const;

/** Fills a list with the latest switches of the lamp, newest first. */
export function fillSwitches(list: HTMLElement, series: HistorySeries): void {
  const switches = series.switches.slice(-MAX_SWITCHES).reverse();
  if (switches.length === 0) return list.replaceChildren(createElement("li", message("history.noSwitch")));
  list.replaceChildren(
    ...switches.map(({ time, led_on, by, reason }) => {
      const item = document.createElement("li");
      item.dataset.lamp = led_on ? "on" : "off";
      item.append(createElement("time", formatDateTime(time)), createElement("b", formatLampState(led_on)));
      item.append(createElement("span", reason ? translateReason(reason) : message(CAUSE_KEYS[by])));
      return item;
    }),
  );
}
