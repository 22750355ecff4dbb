/** Gauge from dark to bright that shows a zone's sensors, its combined light level and its switching points. */

import type { Zone } from "../api.js";
import { setAttribute } from "../dom.js";

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const MAX_LIGHT = 1023;

export class Gauge {
  private readonly band: SVGElement;
  private readonly threshold: SVGElement;
  private readonly dots: SVGElement;
  private readonly level: SVGElement;

  /** The gauge needs no text alternative, because the panel shows the same values as text. */
  constructor(svg: SVGElement) {
    svg.append(createShape("line", { class: "line", x1: xOf(0), x2: xOf(MAX_LIGHT), y1: "50%", y2: "50%" }));
    this.band = createShape("rect", { class: "band", y: "20%", height: "60%" });
    this.threshold = createShape("line", { class: "threshold", y1: "10%", y2: "90%" });
    this.dots = createShape("g", {});
    this.level = createShape("circle", { class: "level", cy: "50%", r: "7" });
    svg.append(this.band, this.threshold, this.dots, this.level);
  }

  render({ sensors, light, threshold, hysteresis }: Zone): void {
    setAttributes(this.band, {
      x: xOf(threshold),
      width: `${(96 * Math.min(hysteresis, MAX_LIGHT - threshold)) / MAX_LIGHT}%`,
    });
    setAttributes(this.threshold, { x1: xOf(threshold), x2: xOf(threshold) });
    setAttributes(this.level, { cx: xOf(light ?? 0), visibility: light === null ? "hidden" : "visible" });
    const seen = sensors.filter((sensor) => sensor.light !== null);
    while (this.dots.children.length > seen.length) this.dots.lastElementChild!.remove();
    while (this.dots.children.length < seen.length) this.dots.append(createShape("circle", { cy: "50%", r: "3.5" }));
    seen.forEach((sensor, i) => {
      setAttributes(this.dots.children[i], { cx: xOf(sensor.light!), class: sensor.stale ? "stale" : "sensor" });
    });
  }
}

/** Returns the horizontal position of a light level, with room for a dot at both ends. */
function xOf(light: number): string {
  return `${2 + (96 * light) / MAX_LIGHT}%`;
}

function createShape(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG_NAMESPACE, name) as SVGElement;
  setAttributes(element, attributes);
  return element;
}

function setAttributes(element: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
}
