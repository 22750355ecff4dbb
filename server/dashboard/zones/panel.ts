/** Panel of a zone: its sensors, the decision, its lamps and the override control. */

import type { Zone } from "../api.js";
import type { Boards } from "../boards.js";
import { OverrideControl } from "../controls/override.js";
import { attribute, copy, make, part, text } from "../dom.js";
import { boardPath } from "../route.js";
import { combineText, ruleText } from "../labels.js";
import type { Zones } from "../zones.js";
import { Gauge } from "./gauge.js";

export class Panel {
  readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly lamp: Element;
  private readonly lampsOn: HTMLElement;
  private readonly light: HTMLElement;
  private readonly rule: HTMLElement;
  private readonly reason: HTMLElement;
  private readonly sensors: HTMLElement;
  private readonly lamps: HTMLElement;
  private readonly override: OverrideControl;
  private readonly gauge: Gauge;

  constructor(
    private readonly name: string,
    private readonly zones: Zones,
    private readonly boards: Boards,
  ) {
    const content = copy("zone-template");
    this.element = part(content, "zone", HTMLElement);
    this.title = part(content, "title", HTMLElement);
    this.lamp = part(content, "lamp", Element);
    this.lampsOn = part(content, "lamps-on", HTMLElement);
    this.light = part(content, "light", HTMLElement);
    this.rule = part(content, "rule", HTMLElement);
    this.reason = part(content, "reason", HTMLElement);
    this.sensors = part(content, "sensors", HTMLElement);
    this.lamps = part(content, "lamps", HTMLElement);
    this.gauge = new Gauge(part(content, "gauge", SVGElement));
    const problem = part(content, "problem", HTMLElement);
    const target = {
      override: () => this.zones.get(name),
      put: (mode: Zone["mode"], duration?: number) => this.zones.override(name, mode, duration),
    };
    this.override = new OverrideControl(content, target, (sentence) => {
      problem.hidden = sentence === "";
      text(problem, sentence);
    });
  }

  focus(): void {
    this.element.scrollIntoView({ block: "start" });
    this.title.focus({ preventScroll: true });
  }

  /** Updates all texts and controls from the zone. */
  render(): void {
    const zone = this.zones.get(this.name);
    if (!zone) return;
    const known = zone.lamps.map((id) => this.boards.get(id)?.lamp ?? null);
    const on = known.filter((lamp) => lamp === true).length;
    attribute(this.element, "data-lamp", on > 0 ? "on" : "off");
    attribute(this.element, "aria-label", `Zone ${zone.label}`);
    text(this.title, zone.label);
    attribute(this.lamp, "aria-label", on > 0 ? "lamps on" : "lamps off");
    text(
      this.lampsOn,
      zone.lamps.length === 1 ? `its lamp is ${on ? "on" : "off"}` : `${on} of ${zone.lamps.length} lamps on`,
    );
    text(this.light, zone.light === null ? "–" : String(Math.round(zone.light)));
    text(this.rule, `${combineText(zone)}; ${ruleText(zone)}`);
    text(this.reason, zone.reason ?? "No decision yet.");
    this.gauge.render(zone);
    this.list(
      this.sensors,
      zone.sensors.map(({ id, light, stale }) => ({
        id,
        value: light === null ? "no reading" : String(Math.round(light)),
        note: stale ? "stale, ignored" : "",
        state: stale ? "stale" : light !== null && light < zone.threshold ? "dark" : "bright",
      })),
    );
    this.list(
      this.lamps,
      zone.lamps.map((id, i) => {
        const mode = this.boards.get(id)?.device?.mode ?? "auto";
        const value = known[i] === null ? "unknown" : known[i] ? "on" : "off";
        return { id, value, note: mode === "auto" ? "" : `held ${mode}`, state: value };
      }),
    );
    this.override.render();
  }

  private list(place: HTMLElement, items: { id: string; value: string; note: string; state: string }[]): void {
    while (place.children.length > items.length) place.lastElementChild!.remove();
    while (place.children.length < items.length) {
      const item = document.createElement("li");
      item.append(make("a", ""), make("b", ""), make("em", ""));
      place.append(item);
    }
    items.forEach(({ id, value, note, state }, i) => {
      const item = place.children[i];
      const [link, number, remark] = item.children;
      attribute(item, "data-state", state);
      attribute(link, "href", boardPath(id));
      attribute(link, "title", id);
      text(link, this.boards.get(id)?.label ?? id);
      text(number, value);
      text(remark, note);
    });
  }
}
