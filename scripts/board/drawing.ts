/** The picture of a board with its light sensor and its lamp, as SVG: made of the board's data, so that it cannot disagree with it. */
import { chipOf, type Board } from "./board.js";
import { placesOf, wiredPlaces, type Layout, type Place, type Wired } from "./layout.js";
import { MODULE_HEIGHT, modules, type Terminals } from "./modules.js";
import { element, text, STYLE, type Wire } from "./svg.js";
import { LANE, route } from "./wires.js";

const WIDTH = 640;
const BOARD = { left: 205, right: 435, top: 84 };
const PITCH = 22;
const MARGIN = 18;
const CHIP = { width: 66, height: 40 };

/** What the picture says, in one sentence, for those who do not see it. */
export function describe({ title, file, layout }: Board & { layout: Layout }): string {
  const { power, ground, light, lamp } = wiredPlaces(layout, file);
  const at = (place: Place) => pinText(place, file.pins);
  const powered = layout.parts === "grove" ? "the Grove light sensor and the Grove LED" : "the photoresistor";
  return (
    `${title}: the light sensor at ${at(light)}, the lamp at ${at(lamp)}; ` +
    `${power.print} to ${powered}, and ${ground.print} to both.`
  );
}

/** What is printed at a place, with its GPIO if firmware can use it. */
export function pinText({ print, label }: Place, pins: Readonly<Record<string, number>>): string {
  return label === undefined ? print : `${print} (GPIO${pins[label]})`;
}

/** @throws Error when the layout lacks a pin that a wire goes to */
export function draw(board: Board & { layout: Layout }): string {
  const { title, file, layout } = board;
  const wired = wiredPlaces(layout, file);
  const rows = Math.max(layout.left.length, layout.right.length);
  const bottom = BOARD.top + rows * PITCH + 2 * MARGIN;
  const usbBelow = layout.usb === "bottom" ? 12 : 0;
  const wiresTop = bottom + usbBelow + 24;
  const modulesTop = wiresTop + 3 * LANE + 30;
  const height = modulesTop + MODULE_HEIGHT + 24;
  const { shapes, terminals } = modules(layout.parts, modulesTop);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-labelledby": "title desc",
    },
    [
      element("title", { id: "title" }, [`Wiring of the ${title}`]),
      element("desc", { id: "desc" }, [describe(board)]),
      element("style", {}, [STYLE]),
      element("rect", { class: "card", x: 1, y: 1, width: WIDTH - 2, height: height - 2, rx: 12 }),
      text(title, { class: "title", x: 28, y: 38 }),
      text(layout.generic ? "the order of the pins is not your board's: go by what is printed" : "seen from above", {
        class: "faint",
        x: 28,
        y: 58,
      }),
      ...boardShapes(board, wired, bottom),
      ...wires(wired, terminals, wiresTop),
      ...placesOf(layout, file).map((place) => pad(place, wired, file.pins)),
      ...shapes,
    ],
  );
}

const y = (place: Place): number => BOARD.top + MARGIN + PITCH * (place.row + 0.5);

function boardShapes({ file, layout }: Board & { layout: Layout }, wired: Wired, bottom: number): string[] {
  const middle = (BOARD.left + BOARD.right) / 2;
  const height = bottom - BOARD.top;
  const usbY = layout.usb === "top" ? BOARD.top - 12 : bottom - 14;
  const chipY = freeRow(wired, BOARD.top, bottom);
  return [
    element("rect", { class: "usb", x: middle - 22, y: usbY, width: 44, height: 26, rx: 5 }),
    element("rect", { class: "board", x: BOARD.left, y: BOARD.top, width: BOARD.right - BOARD.left, height, rx: 12 }),
    text("USB", { class: "on small middle", x: middle, y: layout.usb === "top" ? BOARD.top + 20 : bottom - 12 }),
    element("rect", { class: "chip", x: middle - CHIP.width / 2, y: chipY - CHIP.height / 2, ...CHIP, rx: 4 }),
    text(chipOf(file).name, { class: "on small middle", x: middle, y: chipY + 4 }),
  ];
}

/** Where the chip hides no name of a pin that something is wired to: as near to the middle as can be. */
function freeRow(wired: Wired, top: number, bottom: number): number {
  const middle = (top + bottom) / 2;
  const clearance = (at: number) => Math.min(...Object.values(wired).map((place: Place) => Math.abs(y(place) - at)));
  const room = (bottom - top) / 2 - CHIP.height;
  const steps = Array.from({ length: Math.floor(room / 5) }, (_, i) => (i + 1) * 5);
  const places = [middle, ...steps.flatMap((step) => [middle + step, middle - step])];
  return places.find((at) => clearance(at) >= CHIP.height / 2 + 9) ?? middle;
}

/** The class of what a place is wired to. */
function useOf(place: Place, wired: Wired): Wire | undefined {
  return (["power", "ground", "light", "lamp"] as const).find(
    (use) => wired[use].side === place.side && wired[use].row === place.row,
  );
}

function pad(place: Place, wired: Wired, pins: Readonly<Record<string, number>>): string {
  const use = useOf(place, wired);
  const left = place.side === "left";
  const x = left ? BOARD.left + 13 : BOARD.right - 13;
  const shown = use && place.label !== undefined ? pinText(place, pins) : place.print;
  return element("g", {}, [
    element("circle", { class: use ? `pad ${use}-fill` : "pad", cx: x, cy: y(place), r: 6 }),
    text(shown, {
      class: `${use ? "on used" : "on"}${left ? "" : " end"}`,
      x: left ? x + 13 : x - 13,
      y: y(place) + 4.5,
    }),
  ]);
}

function wires(wired: Wired, terminals: Terminals, top: number): string[] {
  const starts = (Object.keys(terminals) as Wire[]).map((use) => {
    const { side } = wired[use];
    return { use, side, x: BOARD[side], y: y(wired[use]), ends: terminals[use] };
  });
  const lines = route(starts, top).flatMap(({ use, paths, joints }) => [
    ...paths.map((d) => element("path", { class: "halo", d })),
    ...paths.map((d) => element("path", { class: `wire ${use}`, d })),
    ...joints.map(({ x, y }) => element("circle", { class: `${use}-fill`, cx: x, cy: y, r: 4 })),
  ]);
  // after all wires, so that no halo hides a word
  const names = starts.flatMap(({ use, side, x, y }) => {
    const left = side === "left";
    return [
      element("path", { class: `wire ${use}`, d: `M${x} ${y}h${left ? 13 : -13}` }),
      text(NAMES[use], { class: `${use}-text${left ? " end" : ""}`, x: left ? x - 6 : x + 6, y: y - 5 }),
    ];
  });
  return [...lines, ...names];
}

const NAMES: Readonly<Record<Wire, string>> = { power: "+", ground: "−", light: "light", lamp: "lamp" };
