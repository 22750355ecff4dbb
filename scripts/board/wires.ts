/** The ways of the wires from the pins at the sides of a board to what is below it, with as few crossings as can be. */
import type { Point } from "./modules.js";
import type { Wire } from "./svg.js";

/** Where a wire leaves the board, and where it goes to. */
export interface Start extends Point {
  readonly use: Wire;
  readonly side: "left" | "right";
  readonly ends: readonly Point[];
}

export interface Routed {
  readonly use: Wire;
  /** SVG paths: the wire, and what branches off it. */
  readonly paths: readonly string[];
  /** Where branches leave. */
  readonly joints: readonly Point[];
}

/** Between two wires that run side by side. */
export const LANE = 16;
const FIRST_LANE = 48;

/**
 * Each wire leaves the board sideways, goes down a lane of its own, along a level of its own and down to its ends. On each
 * side the lowest pin has the innermost lane; the levels are those of all orders that cross least.
 * @param top the first level
 */
export function route(starts: readonly Start[], top: number): Routed[] {
  const lanes = starts.map((start) => {
    const rank = starts.filter(({ side, y }) => side === start.side && y > start.y).length;
    const out = FIRST_LANE + rank * LANE;
    return start.side === "left" ? start.x - out : start.x + out;
  });
  const orders = permutations(starts.map((_, i) => i)).map((order) => order.map((place) => top + place * LANE));
  const drawn = orders.map((levels) => starts.map((start, i) => lines(start, lanes[i], levels[i])));
  const best = drawn.map(crossings).reduce((best, count, i, all) => (count < all[best] ? i : best), 0);
  return starts.map((start, i) => path(start, lanes[i], orders[best][i]));
}

function path({ use, x, y, ends }: Start, lane: number, level: number): Routed {
  const farthest = [...ends].sort((a, b) => Math.abs(b.x - lane) - Math.abs(a.x - lane));
  const [end, ...others] = farthest;
  const beyond = (other: Point) => (other.x - lane) * (end.x - lane) < 0;
  return {
    use,
    paths: [
      `M${x} ${y}H${lane}V${level}H${end.x}V${end.y}`,
      ...others.map((other) =>
        beyond(other) ? `M${lane} ${level}H${other.x}V${other.y}` : `M${other.x} ${level}V${other.y}`,
      ),
    ],
    joints: others.map((other) => ({ x: beyond(other) ? lane : other.x, y: level })),
  };
}

type Line = readonly [from: Point, to: Point];

/** What a wire looks like below the board and beside it: straight lines. */
function lines({ x, y, ends }: Start, lane: number, level: number): Line[] {
  const xs = [lane, ...ends.map((end) => end.x)];
  return [
    [
      { x, y },
      { x: lane, y },
    ],
    [
      { x: lane, y },
      { x: lane, y: level },
    ],
    [
      { x: Math.min(...xs), y: level },
      { x: Math.max(...xs), y: level },
    ],
    ...ends.map((end): Line => [{ x: end.x, y: level }, end]),
  ];
}

function crossings(wires: readonly Line[][]): number {
  let count = 0;
  wires.forEach((one, i) => {
    for (const other of wires.slice(i + 1)) for (const a of one) for (const b of other) if (meet(a, b)) count++;
  });
  return count;
}

/** Lines along the axes meet when both their spans do. */
function meet([a, b]: Line, [c, d]: Line): boolean {
  const apart = (axis: "x" | "y") =>
    Math.max(a[axis], b[axis]) < Math.min(c[axis], d[axis]) || Math.max(c[axis], d[axis]) < Math.min(a[axis], b[axis]);
  return !apart("x") && !apart("y");
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
