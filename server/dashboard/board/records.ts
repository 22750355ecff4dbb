/** Table of readings and list of lamp switches, as a text alternative to the plot. */

import { createElement } from "../dom.js";
import { dateTime } from "./axis.js";
import { downsample, type HistorySeries } from "./history-series.js";

const MAX_ROWS = 100;
const MAX_SWITCHES = 20;

/** Fills a table with readings, newest first. Combines readings if there are more than `MAX_ROWS`. */
export function fillTable(body: HTMLElement, series: HistorySeries): void {
  const rows = downsample(series.points, MAX_ROWS).reverse();
  body.replaceChildren(
    ...rows.map(({ time, min, max, last, count }) => {
      const row = document.createElement("tr");
      const lamp = series.lampAt(time);
      const cells = [last, min, max, count].map((value) => String(Math.round(value * 10) / 10));
      const head = createElement("th", dateTime(time));
      head.scope = "row";
      row.append(
        head,
        ...[...cells, lamp === null ? "unknown" : lamp ? "on" : "off"].map((cell) => createElement("td", cell)),
      );
      return row;
    }),
  );
}

const CAUSES = { server: "the server", person: "a person", device: "the board" } as const;

/** Fills a list with the latest switches of the lamp, newest first. */
export function fillSwitches(list: HTMLElement, series: HistorySeries): void {
  const switches = series.switches.slice(-MAX_SWITCHES).reverse();
  if (switches.length === 0)
    return list.replaceChildren(createElement("li", "The lamp did not switch in this period."));
  list.replaceChildren(
    ...switches.map(({ time, led_on, by, reason }) => {
      const item = document.createElement("li");
      item.dataset.lamp = led_on ? "on" : "off";
      item.append(createElement("time", dateTime(time)), createElement("b", led_on ? "on" : "off"));
      item.append(createElement("span", reason || `by ${CAUSES[by]}`));
      return item;
    }),
  );
}
