/** The light sensor and the lamp as they are drawn below a board: Grove modules, or parts with their resistors. */
import type { Layout } from "./layout.js";
import { element, text, type Wire } from "./svg.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the wires end. */
export type Terminals = Readonly<Record<Wire, readonly Point[]>>;

export interface Modules {
  readonly shapes: readonly string[];
  readonly terminals: Terminals;
}

export const MODULE_HEIGHT = 112;
const SENSOR = { left: 28, width: 280 };
const LAMP = { left: 332, width: 280 };

/** @param top where the modules begin, which is where their terminals are */
export function modules(parts: Layout["parts"], top: number): Modules {
  return parts === "grove" ? grove(top) : bare(top);
}

/** A Grove connector has four pins, in this order; white is not in use. */
function grove(top: number): Modules {
  const names = ["SIG", "NC", "VCC", "GND"];
  const at = (first: number) => names.map((_, i): Point => ({ x: first + i * 36, y: top }));
  // between the lanes that wires come down in
  const [sensor, lamp] = [at(77), at(419)];
  const module = (title: string, box: typeof SENSOR, points: Point[], symbol: string[]) => [
    element("rect", { class: "module", x: box.left, y: top, width: box.width, height: MODULE_HEIGHT, rx: 10 }),
    element("rect", { class: "socket", x: points[0].x - 22, y: top - 8, width: 152, height: 46, rx: 5 }),
    ...points.map(({ x }, i) => text(names[i], { class: "small middle", x, y: top + 26 })),
    ...points.map(terminal),
    ...symbol,
    text(title, { class: "middle", x: box.left + box.width / 2 + 16, y: top + 78 }),
  ];
  return {
    shapes: [
      ...module("Grove light sensor", SENSOR, sensor, eye(SENSOR.left + 68, top + 74)),
      ...module("Grove LED", LAMP, lamp, bulb(LAMP.left + 84, top + 74)),
    ],
    terminals: {
      light: [sensor[0]],
      lamp: [lamp[0]],
      power: [sensor[2], lamp[2]],
      ground: [sensor[3], lamp[3]],
    },
  };
}

/** The photoresistor above the resistor of a divider, so that more light reads higher; and an LED with its resistor. */
function bare(top: number): Modules {
  const y = top + 36;
  const [plus, sig, minus] = [56, 145, 224].map((x): Point => ({ x: SENSOR.left + x, y: top }));
  const [anode, cathode] = [56, 224].map((x): Point => ({ x: LAMP.left + x, y: top }));
  const box = ({ left, width }: typeof SENSOR) =>
    element("rect", { class: "module", x: left, y: top, width, height: MODULE_HEIGHT, rx: 10 });
  return {
    shapes: [
      box(SENSOR),
      box(LAMP),
      element("path", { class: "part", d: `M${plus.x} ${top}V${y}H${minus.x}V${top}M${sig.x} ${top}V${y}` }),
      resistor((plus.x + sig.x) / 2, y),
      arrows((plus.x + sig.x) / 2, y - 12, 1),
      resistor((sig.x + minus.x) / 2, y),
      text("photoresistor", { class: "small middle", x: (plus.x + sig.x) / 2, y: y + 28 }),
      text("10 kΩ", { class: "small middle", x: (sig.x + minus.x) / 2, y: y + 28 }),
      text("light sensor", { class: "middle", x: SENSOR.left + SENSOR.width / 2, y: top + MODULE_HEIGHT - 14 }),
      element("path", { class: "part", d: `M${anode.x} ${top}V${y}H${cathode.x}V${top}` }),
      resistor(anode.x + 44, y),
      ...diode(anode.x + 116, y),
      text("330 Ω", { class: "small middle", x: anode.x + 44, y: y + 28 }),
      text("LED", { class: "small middle", x: anode.x + 116, y: y + 28 }),
      text("lamp", { class: "middle", x: LAMP.left + LAMP.width / 2, y: top + MODULE_HEIGHT - 14 }),
      ...[plus, sig, minus, anode, cathode].map(terminal),
    ],
    terminals: { light: [sig], lamp: [anode], power: [plus], ground: [minus, cathode] },
  };
}

const terminal = ({ x, y }: Point): string => element("circle", { class: "terminal", cx: x, cy: y, r: 5 });

const resistor = (x: number, y: number): string =>
  element("rect", { class: "part socket", x: x - 17, y: y - 7, width: 34, height: 14 });

/** Two arrows of light; `way` 1 towards what is below, -1 away from it. */
function arrows(x: number, y: number, way: 1 | -1): string {
  const one = (dx: number) => (way === 1 ? `M${x + dx - 8} ${y - 9}l8 8m0 -5v5h-5` : `M${x + dx} ${y}l8 -8m-5 0h5v5`);
  return element("path", { class: "part", d: one(-3) + one(8) });
}

function diode(x: number, y: number): string[] {
  return [
    element("path", { class: "part solid", d: `M${x - 9} ${y - 10}L${x + 8} ${y}L${x - 9} ${y + 10}Z` }),
    element("path", { class: "part", d: `M${x + 9} ${y - 10}V${y + 10}` }),
    arrows(x + 2, y - 13, -1),
  ];
}

function eye(x: number, y: number): string[] {
  return [
    element("circle", { class: "part", cx: x, cy: y, r: 13 }),
    element("path", { class: "part", d: `M${x - 6} ${y - 4}h12M${x - 6} ${y}h12M${x - 6} ${y + 4}h12` }),
  ];
}

function bulb(x: number, y: number): string[] {
  return [
    element("circle", { class: "lamp-fill", cx: x, cy: y, r: 8 }),
    element("path", {
      class: "part",
      d: [0, 45, 90, 135, 180, 225, 270, 315].map((angle) => ray(x, y, (angle * Math.PI) / 180)).join(""),
    }),
  ];
}

function ray(x: number, y: number, angle: number): string {
  const at = (r: number) => `${(x + r * Math.cos(angle)).toFixed(1)} ${(y + r * Math.sin(angle)).toFixed(1)}`;
  return `M${at(12)}L${at(16)}`;
}
