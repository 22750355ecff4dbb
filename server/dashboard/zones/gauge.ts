/** Gauge from dark to bright that shows a zone's sensors, its combined light level and its switching points. */

import type { Zone } from "../api.js";
import { attribute } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MAX_LIGHT = 1023;

export class Gauge {
  private readonly band: SVGElement;
  private readonly threshold: SVGElement;
  private readonly dots: SVGElement;
  private readonly level: SVGElement;

  /** The gauge needs no text alternative, because the panel shows the same values as text. */
  constructor(svg: SVGElement) {
    svg.append(shape("line", { class: "line", x1: at(0), x2: at(MAX_LIGHT), y1: "50%", y2: "50%" }));
    this.band = shape("rect", { class: "band", y: "20%", height: "60%" });
    this.threshold = shape("line", { class: "threshold", y1: "10%", y2: "90%" });
    this.dots = shape("g", {});
    this.level = shape("circle", { class: "level", cy: "50%", r: "7" });
    svg.append(this.band, this.threshold, this.dots, this.level);
  }

  render({ sensors, light, threshold, hysteresis }: Zone): void {
    set(this.band, { x: at(threshold), width: `${(96 * Math.min(hysteresis, MAX_LIGHT - threshold)) / MAX_LIGHT}%` });
    set(this.threshold, { x1: at(threshold), x2: at(threshold) });
    set(this.level, { cx: at(light ?? 0), visibility: light === null ? "hidden" : "visible" });
    const seen = sensors.filter((sensor) => sensor.light !== null);
    while (this.dots.children.length > seen.length) this.dots.lastElementChild!.remove();
    while (this.dots.children.length < seen.length) this.dots.append(shape("circle", { cy: "50%", r: "3.5" }));
    seen.forEach((sensor, i) => {
      set(this.dots.children[i], { cx: at(sensor.light!), class: sensor.stale ? "stale" : "sensor" });
    });
  }
}

/** Returns the horizontal position of a light level, with room for a dot at both ends. */
function at(light: number): string {
  return `${2 + (96 * light) / MAX_LIGHT}%`;
}

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  set(element, attributes);
  return element;
}

function set(element: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
}
