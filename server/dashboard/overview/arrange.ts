/** Filters, sorts and groups the boards of the overview. Does not use the DOM. */

import type { Zone } from "../api.js";
import { compareTexts } from "../messages/locale.js";
import type { BoardModel } from "../model.js";

export const FILTER_NAMES = ["all", "offline", "on", "overridden", "missing"] as const;
export const SORT_NAMES = ["name", "problems", "darkest", "brightest"] as const;

/** Filter and sort order chosen by the user. */
export interface Arrangement {
  /** Search words; all must occur in a board's name, id or zone. */
  readonly search: string;
  readonly show: (typeof FILTER_NAMES)[number];
  readonly sort: (typeof SORT_NAMES)[number];
}

/** The boards of a zone, or the boards without a zone. */
export interface BoardGroup {
  readonly zone: Zone | undefined;
  readonly boards: BoardModel[];
}

const FILTERS: Readonly<Record<Arrangement["show"], (board: BoardModel) => boolean>> = {
  all: () => true,
  offline: ({ device }) => device?.online === false,
  on: ({ lamp }) => lamp === true,
  overridden: ({ device }) => device !== undefined && device.mode !== "auto",
  missing: ({ device }) => device !== undefined && device.missing + device.dropped > 0,
};

const SORT_ORDERS: Readonly<Record<Arrangement["sort"], (a: BoardModel, b: BoardModel) => number>> = {
  name: () => 0,
  problems: (a, b) => severityOf(b) - severityOf(a),
  darkest: (a, b) => (a.device?.light ?? Infinity) - (b.device?.light ?? Infinity) || 0,
  brightest: (a, b) => (b.device?.light ?? -1) - (a.device?.light ?? -1),
};

/** Groups the boards by zone, in the order of the zones. Boards without a zone come last. Omits empty groups. */
export function arrangeBoards(boards: Iterable<BoardModel>, zones: Iterable<Zone>, view: Arrangement): BoardGroup[] {
  const groups = new Map<string | undefined, BoardGroup>();
  const zoneOf = new Map<string, string>();
  for (const zone of zones) {
    groups.set(zone.name, { zone, boards: [] });
    // A sensor without a lamp belongs to the first zone that uses it.
    for (const { id } of zone.sensors) if (!zoneOf.has(id)) zoneOf.set(id, zone.name);
  }
  groups.set(undefined, { zone: undefined, boards: [] });

  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  for (const board of boards) {
    const name = board.device?.zone ?? zoneOf.get(board.id);
    const group = groups.get(name) ?? groups.get(undefined)!;
    const about = `${board.id} ${board.label} ${group.zone?.label ?? ""} ${group.zone?.name ?? ""}`.toLowerCase();
    if (words.every((word) => about.includes(word)) && FILTERS[view.show](board)) group.boards.push(board);
  }
  const order = SORT_ORDERS[view.sort];
  for (const group of groups.values())
    group.boards.sort((a, b) => order(a, b) || compareTexts(a.label, b.label) || compareTexts(a.id, b.id));
  return [...groups.values()].filter((group) => group.boards.length > 0);
}

/** Returns how serious the problems of a board are, from 0 for none to 3 for offline. */
function severityOf({ device }: BoardModel): number {
  if (!device) return 0;
  if (!device.online) return 3;
  if (device.missing + device.dropped > 0) return 2;
  return device.mode !== "auto" || device.decided_by === "device" ? 1 : 0;
}
