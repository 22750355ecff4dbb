/** What a board looks like from above, and what is wired to it: `docs/boards/<name>.json`, beside its drawing. */
import type { BoardFile } from "./board.js";
import { pinOf } from "./board.js";

export interface Layout {
  /** The board of DeviceScript's that it was made from. */
  readonly base: string;
  /** Modules with a Grove cable, or a photoresistor and an LED with their resistors. */
  readonly parts: "grove" | "bare";
  /** At which end the USB connector is. */
  readonly usb: "top" | "bottom";
  /** What is printed at the pins, from the top: `D1=A1_D1` where that is not the pin's label, `5V` where it is no pin, and nothing at a gap. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Whether the order of the pins is made up. */
  readonly generic?: boolean;
  /** Where the order of the pins is from. */
  readonly source?: string;
  /** Sentences for those who wire it. */
  readonly notes?: readonly string[];
}

/** A place at the edge of the board. */
export interface Place {
  readonly side: "left" | "right";
  /** From the top, 0 the first. */
  readonly row: number;
  readonly print: string;
  /** The label in the board's file; undefined for power, ground, and what firmware cannot use. */
  readonly label: string | undefined;
}

const POWER = ["3V3", "3V", "3.3"];
const GROUND = ["GND", "G"];

/** All places, left before right, from the top. */
export function placesOf(layout: Layout, { pins }: Pick<BoardFile, "pins">): Place[] {
  return (["left", "right"] as const).flatMap((side) =>
    layout[side].flatMap((text, row): Place[] => {
      const [print, label = print] = text.split("=");
      return text === "" ? [] : [{ side, row, print, label: label in pins ? label : undefined }];
    }),
  );
}

/** The places that wires go to. */
export interface Wired {
  readonly power: Place;
  readonly ground: Place;
  readonly light: Place;
  readonly lamp: Place;
}

/**
 * Finds the places that wires go to.
 * @throws Error when one is missing
 */
export function wiredPlaces(layout: Layout, file: BoardFile): Wired {
  const places = placesOf(layout, file);
  const find = (what: string, fits: (place: Place) => boolean): Place => {
    const found = places.find(fits);
    if (!found) throw new Error(`Neither "left" nor "right" has ${what}.`);
    return found;
  };
  const pin = (label: string | undefined) => find(`the pin ${label}`, (place) => place.label === label);
  return {
    power: find(`3.3 V (${POWER.join(", ")})`, ({ print }) => POWER.includes(print)),
    ground: find(`ground (${GROUND.join(", ")})`, ({ print }) => GROUND.includes(print)),
    light: pin(pinOf(file, "light")),
    lamp: pin(pinOf(file, "lamp")),
  };
}

/** All that is wrong with a layout: a pin that there is not, or whose printed number is another GPIO's. */
export function layoutProblems(layout: Layout, file: BoardFile): string[] {
  const problems = [...layout.left, ...layout.right].flatMap((text) => {
    const [print, label] = text.split("=");
    if (label !== undefined && !(label in file.pins)) return [`"${text}": it has no pin ${label}.`];
    const number = /^(?:IO|P|GPIO)?(\d+)$/.exec(print)?.[1];
    const gpio = file.pins[label ?? print];
    return number !== undefined && gpio !== undefined && gpio !== Number(number)
      ? [`"${text}": what is printed there says GPIO${number}, and the pin is GPIO${gpio}.`]
      : [];
  });
  try {
    wiredPlaces(layout, file);
  } catch (error) {
    problems.push((error as Error).message);
  }
  return problems;
}

/** A layout for a board that nobody has described: right in what is wired, made up in the order of the pins. */
export function genericLayout(base: string, parts: Layout["parts"], { pins }: Pick<BoardFile, "pins">): Layout {
  const labels = Object.keys(pins).filter((label) => !label.startsWith("#"));
  const half = Math.ceil(labels.length / 2);
  return {
    base,
    parts,
    usb: "top",
    left: labels.slice(0, half),
    right: ["5V", "GND", "3V3", ...labels.slice(half)],
    generic: true,
  };
}
