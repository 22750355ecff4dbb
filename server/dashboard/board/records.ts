/** Table of readings and list of lamp switches, as a text alternative to the plot. */

import { make } from "../dom.js";
import { dateTime } from "./axis.js";
import { downsample, type Track } from "./track.js";

const MAX_ROWS = 100;
const MAX_SWITCHES = 20;

/** Fills a table with readings, newest first. Combines readings if there are more than `MAX_ROWS`. */
export function fillTable(body: HTMLElement, track: Track): void {
  const rows = downsample(track.points, MAX_ROWS).reverse();
  body.replaceChildren(
    ...rows.map(({ time, min, max, last, count }) => {
      const row = document.createElement("tr");
      const lamp = track.lampAt(time);
      const cells = [last, min, max, count].map((value) => String(Math.round(value * 10) / 10));
      const head = make("th", dateTime(time));
      head.scope = "row";
      row.append(head, ...[...cells, lamp === null ? "unknown" : lamp ? "on" : "off"].map((cell) => make("td", cell)));
      return row;
    }),
  );
}

const CAUSES = { server: "the server", person: "a person", device: "the board" } as const;

/** Fills a list with the latest switches of the lamp, newest first. */
export function fillSwitches(list: HTMLElement, track: Track): void {
  const switches = track.switches.slice(-MAX_SWITCHES).reverse();
  if (switches.length === 0) return list.replaceChildren(make("li", "The lamp did not switch in this period."));
  list.replaceChildren(
    ...switches.map(({ time, led_on, by, reason }) => {
      const item = document.createElement("li");
      item.dataset.lamp = led_on ? "on" : "off";
      item.append(make("time", dateTime(time)), make("b", led_on ? "on" : "off"));
      item.append(make("span", reason || `by ${CAUSES[by]}`));
      return item;
    }),
  );
}
