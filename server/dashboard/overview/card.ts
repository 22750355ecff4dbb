/** Card of a board in the overview. */

import type { Boards } from "../boards.js";
import { now } from "../clock.js";
import { OverrideControl } from "../controls/override.js";
import { SimulatorControls } from "../controls/simulator.js";
import { setAttribute, cloneTemplate, findPart, setText, showDeviceId } from "../dom.js";
import type { BoardModel } from "../model.js";
import type { Palette } from "../palette.js";
import { formatBoardHash } from "../route.js";
import {
  describeDecider,
  describeBoardLamp,
  lightLabelOf,
  formatLightLevel,
  describeLostReadings,
  describeReason,
  describeBoardState,
} from "../labels.js";
import type { Zones } from "../zones.js";
import { describePlot, drawPlot } from "./plot.js";

export class Card {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Size of `canvas` in CSS pixels; undefined before its first layout. */
  size?: { readonly width: number; readonly height: number };
  private readonly link: HTMLAnchorElement;
  private readonly label: HTMLElement;
  private readonly lamp: Element;
  private readonly state: HTMLElement;
  private readonly light: HTMLElement;
  private readonly lightLabel: HTMLElement;
  private readonly decides: HTMLElement;
  private readonly reason: HTMLElement;
  private readonly override: OverrideControl;
  private readonly simulatorPlace: HTMLElement;
  private readonly report: (problem: string) => void;
  private simulator?: SimulatorControls;

  constructor(
    readonly model: BoardModel,
    boards: Boards,
    private readonly zones: Zones,
  ) {
    const content = cloneTemplate("card-template");
    this.element = findPart(content, "card", HTMLElement);
    this.canvas = findPart(content, "plot", HTMLCanvasElement);
    this.link = findPart(content, "link", HTMLAnchorElement);
    this.label = findPart(content, "label", HTMLElement);
    this.lamp = findPart(content, "lamp", Element);
    this.state = findPart(content, "state", HTMLElement);
    this.light = findPart(content, "light", HTMLElement);
    this.lightLabel = findPart(content, "light-label", HTMLElement);
    this.decides = findPart(content, "decides", HTMLElement);
    this.reason = findPart(content, "reason", HTMLElement);
    this.simulatorPlace = findPart(content, "simulator", HTMLElement);

    const { id } = model;
    showDeviceId(this.link, id);
    this.link.href = formatBoardHash(id);
    this.element.setAttribute("aria-label", id);

    const problem = findPart(content, "problem", HTMLElement);
    this.report = (sentence) => {
      problem.hidden = sentence === "";
      setText(problem, sentence);
    };
    const target = {
      getOverride: () => model.device,
      putOverride: (mode: "auto" | "on" | "off", duration?: number) => boards.override(id, mode, duration),
    };
    this.override = new OverrideControl(content, target, this.report);
  }

  focus(): void {
    this.link.focus();
  }

  /** Updates all texts and controls from the model. */
  render(): void {
    const { model } = this;
    const { device, lamp } = model;
    setAttribute(this.element, "data-lamp", lamp === null ? "unknown" : lamp ? "on" : "off");
    setAttribute(this.element, "data-online", String(device?.online ?? false));
    setAttribute(this.lamp, "aria-label", describeBoardLamp(model));
    const named = model.label !== model.id;
    this.label.hidden = !named;
    if (named) setText(this.label, model.label);
    setAttribute(this.link, "title", named ? `${model.label} (${model.id})` : model.id);
    setAttribute(this.element, "data-blinking", String(device?.blinking ?? false));
    setText(this.light, formatLightLevel(device));
    setText(this.lightLabel, lightLabelOf(device));
    setText(this.state, describeBoardState(model));
    setAttribute(this.state, "title", describeBoardState(model));
    setText(
      this.decides,
      [describeDecider(model, this.zones), describeLostReadings(device)].filter(Boolean).join(" · "),
    );
    setText(this.reason, describeReason(device));
    this.override.render();
    if (model.board) this.simulator ??= new SimulatorControls(this.simulatorPlace, model, this.report);
    this.simulator?.render();
  }

  /** Draws the plot. @param until end of the plot: now, or when the connection was lost; in ms by the server's clock */
  draw(until: number, colors: Palette): void {
    if (!this.size) return;
    const { device, series, since, threshold } = this.model;
    const onlineUntil = device?.online ? until : Math.min(until, since ?? series.last?.time ?? until);
    const limits = { threshold, hysteresis: device?.hysteresis ?? 0 };
    drawPlot(this.canvas, this.size, series, now(), onlineUntil, limits, colors);
  }

  /** Updates the plot's text alternative for screen readers. */
  updateTextAlternative(): void {
    setAttribute(this.canvas, "aria-label", describePlot(this.model.series, now(), this.model.threshold));
  }
}
