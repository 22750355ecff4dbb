/** Panel of a zone: its sensors, the decision, its lamps and the override control. */

import type { Zone } from "../api.js";
import type { Boards } from "../boards.js";
import { OverrideControl } from "../controls/override.js";
import { setAttribute, cloneTemplate, createElement, findPart, setText } from "../dom.js";
import { formatLight } from "../messages/locale.js";
import { joinPhrases, message } from "../messages/message.js";
import { translateReason } from "../reasons.js";
import { formatBoardHash } from "../route.js";
import type { Editing, Editors } from "../settings/editing.js";
import type { RuleSliders, SliderTarget } from "../settings/rule-sliders.js";
import {
  describeCombination,
  describeHours,
  formatLampState,
  formatLightLevel,
  describeOverride,
  describeRule,
} from "../labels.js";
import type { Zones } from "../zones.js";
import { Gauge } from "./gauge.js";

export class ZonePanel {
  readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly lamp: Element;
  private readonly lampsOn: HTMLElement;
  private readonly light: HTMLElement;
  private readonly rule: HTMLElement;
  private readonly hours: HTMLElement;
  private readonly reason: HTMLElement;
  private readonly sensors: HTMLElement;
  private readonly lamps: HTMLElement;
  private readonly override: OverrideControl;
  private readonly gauge: Gauge;
  private readonly edit: HTMLButtonElement;
  private sliders?: RuleSliders;

  constructor(
    private readonly name: string,
    private readonly zones: Zones,
    private readonly boards: Boards,
    private readonly editing: Editing,
  ) {
    const content = cloneTemplate("zone-template");
    this.element = findPart(content, "zone", HTMLElement);
    this.title = findPart(content, "title", HTMLElement);
    this.lamp = findPart(content, "lamp", Element);
    this.lampsOn = findPart(content, "lamps-on", HTMLElement);
    this.light = findPart(content, "light", HTMLElement);
    this.rule = findPart(content, "rule", HTMLElement);
    this.hours = findPart(content, "hours", HTMLElement);
    this.reason = findPart(content, "reason", HTMLElement);
    this.sensors = findPart(content, "sensors", HTMLElement);
    this.lamps = findPart(content, "lamps", HTMLElement);
    this.gauge = new Gauge(findPart(content, "gauge", SVGElement));
    this.edit = findPart(content, "edit", HTMLButtonElement);
    this.edit.addEventListener("click", () => editing.editors?.openZoneDialog(name, editing.settings, boards));
    const problem = findPart(content, "problem", HTMLElement);
    const target = {
      getOverride: () => this.zones.get(name),
      putOverride: (mode: Zone["mode"], duration?: number) => this.zones.override(name, mode, duration),
    };
    this.override = new OverrideControl(content, target, (sentence) => {
      problem.hidden = sentence === "";
      setText(problem, sentence);
    });
  }

  focus(): void {
    this.element.scrollIntoView({ block: "start" });
    this.title.focus({ preventScroll: true });
  }

  destroy(): void {
    this.sliders?.destroy();
    this.element.remove();
  }

  /** Updates all texts and controls from the zone. */
  render(): void {
    const zone = this.zones.get(this.name);
    if (!zone) return;
    const lamps = zone.lamps.map((id) => ({ id, model: this.boards.get(id) }));
    // as in the page's header, the lamp of an offline board does not count
    const on = lamps.filter(({ model }) => model?.lamp && model.isLampKnown).length;
    setAttribute(this.element, "data-lamp", on > 0 ? "on" : "off");
    setAttribute(this.element, "aria-label", message("zones.zone", { zone: zone.label }));
    setText(this.title, zone.label);
    setAttribute(this.lamp, "aria-label", message(on > 0 ? "zones.lampsOn" : "zones.lampsOff"));
    setText(this.lampsOn, formatLampCount(on, zone.lamps.length));
    setText(this.light, formatLightLevel(zone));
    setText(this.rule, message("zones.ruleOf", { combine: describeCombination(zone), rule: describeRule(zone) }));
    setText(this.hours, describeHours(zone));
    setText(this.reason, zone.reason === null ? message("state.noDecision") : translateReason(zone.reason));
    const { settings, editors } = this.editing;
    this.edit.disabled = !editors || !settings.version?.view.fields.zone.length;
    setAttribute(this.edit, "aria-label", message("settings.editZoneNamed", { zone: zone.label }));
    if (editors) this.sliders ??= this.createSliders(editors);
    this.gauge.render({ ...zone, ...this.sliders?.preview });
    this.sliders?.render();
    this.fillList(
      this.sensors,
      zone.sensors.map(({ id, light, stale }) => ({
        id,
        value: light === null ? message("zones.noReading") : formatLight(Math.round(light)),
        note: stale ? message("zones.stale") : "",
        state: stale ? "stale" : light !== null && light < zone.threshold ? "dark" : "bright",
      })),
    );
    this.fillList(
      this.lamps,
      lamps.map(({ id, model }) => {
        const lamp = model?.lamp ?? null;
        const { mode = "auto", online = true } = model?.device ?? {};
        const notes = [
          ...(online ? [] : [message("state.offline")]),
          ...(mode === "auto" ? [] : [describeOverride(mode)]),
        ];
        const state = lamp === null || !model?.isLampKnown ? "unknown" : lamp ? "on" : "off";
        return { id, value: formatLampState(lamp), note: joinPhrases(notes), state };
      }),
    );
    this.override.render();
  }

  private createSliders({ RuleSliders }: Editors): RuleSliders {
    const { name, zones } = this;
    const target: SliderTarget = {
      area: findPart(this.element, "gauge-area", HTMLElement),
      direction: "right",
      getRule: () => zones.get(name),
      getPath: () => ["zones", name],
      describeOwner: () => message("settings.previewForZone", { zone: zones.get(name)?.label ?? name }),
      preview: (rule) => {
        const zone = zones.get(name);
        if (zone) this.gauge.render({ ...zone, ...rule });
      },
    };
    const sliders = new RuleSliders(target, this.editing.settings);
    findPart(this.element, "gauge-box", HTMLElement).after(sliders.bar);
    return sliders;
  }

  private fillList(place: HTMLElement, items: { id: string; value: string; note: string; state: string }[]): void {
    while (place.children.length > items.length) place.lastElementChild!.remove();
    while (place.children.length < items.length) {
      const item = document.createElement("li");
      item.append(createElement("a", ""), createElement("b", ""), createElement("em", ""));
      place.append(item);
    }
    items.forEach(({ id, value, note, state }, i) => {
      const item = place.children[i];
      const [link, number, remark] = item.children;
      setAttribute(item, "data-state", state);
      setAttribute(link, "href", formatBoardHash(id));
      setAttribute(link, "title", id);
      setText(link, this.boards.get(id)?.label ?? id);
      setText(number, value);
      setText(remark, note);
    });
  }
}

function formatLampCount(on: number, all: number): string {
  if (all === 1) return message(on === 1 ? "zones.itsLampOn" : "zones.itsLampOff");
  return message("zones.someLampsOn", { on, count: all });
}
