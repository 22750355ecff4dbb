/** What a plot shows, to be read: its readings as a table, and the latest switches. */

import { make } from "../dom.js";
import { exactly } from "./axis.js";
import { thin, type Track } from "./track.js";

const ROWS = 100;
const SWITCHES = 20;

/** The readings, the newest first; put together where they are many. */
export function fillTable(body: HTMLElement, track: Track): void {
  const rows = thin(track.points, ROWS).reverse();
  body.replaceChildren(
    ...rows.map(({ time, min, max, last, count }) => {
      const row = document.createElement("tr");
      const lamp = track.lampAt(time);
      const cells = [last, min, max, count].map((value) => String(Math.round(value * 10) / 10));
      const head = make("th", exactly(time));
      head.scope = "row";
      row.append(head, ...[...cells, lamp === null ? "unknown" : lamp ? "on" : "off"].map((cell) => make("td", cell)));
      return row;
    }),
  );
}

const BY = { server: "the server", person: "a person", device: "the board itself" } as const;

/** The latest switches, the newest first; says so when there is none. */
export function fillSwitches(list: HTMLElement, track: Track): void {
  const switches = track.switches.slice(-SWITCHES).reverse();
  if (switches.length === 0) return list.replaceChildren(make("li", "The lamp was not switched in this time."));
  list.replaceChildren(
    ...switches.map(({ time, led_on, by, reason }) => {
      const item = document.createElement("li");
      item.dataset.lamp = led_on ? "on" : "off";
      item.append(make("time", exactly(time)), make("b", led_on ? "on" : "off"));
      item.append(make("span", reason || `by ${BY[by]}`));
      return item;
    }),
  );
}
