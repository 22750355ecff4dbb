/** One board on the page. */

import { when, now } from "./clock.js";
import { ModeControl, SimulatorControls } from "./controls.js";
import { attribute, part, text } from "./dom.js";
import type { BoardModel } from "./model.js";
import { type Palette, describePlot, drawPlot } from "./plot.js";

export class Card {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** The size of `canvas` in CSS pixels; undefined until it was laid out. */
  size?: { readonly width: number; readonly height: number };
  private readonly lamp: Element;
  private readonly state: HTMLElement;
  private readonly light: HTMLElement;
  private readonly decides: HTMLElement;
  private readonly modes: ModeControl;
  private readonly simulator: SimulatorControls;

  constructor(
    template: HTMLTemplateElement,
    readonly model: BoardModel,
  ) {
    const content = document.importNode(template.content, true);
    this.element = part(content, "card", HTMLElement);
    this.canvas = part(content, "plot", HTMLCanvasElement);
    this.lamp = part(content, "lamp", Element);
    this.state = part(content, "state", HTMLElement);
    this.light = part(content, "light", HTMLElement);
    this.decides = part(content, "decides", HTMLElement);

    const slash = model.id.lastIndexOf("/") + 1;
    text(part(content, "prefix", HTMLElement), model.id.slice(0, slash));
    text(part(content, "name", HTMLElement), model.id.slice(slash));
    this.element.setAttribute("aria-label", model.id);
    part(content, "id", HTMLElement).title = model.id;

    const problem = part(content, "problem", HTMLElement);
    const report = (sentence: string) => {
      problem.hidden = sentence === "";
      text(problem, sentence);
    };
    this.modes = new ModeControl(content, model, report);
    this.simulator = new SimulatorControls(content, model, report);
  }

  /** Brings what it says up to date. */
  render(): void {
    const { device, lamp } = this.model;
    attribute(this.element, "data-lamp", lamp === null ? "unknown" : lamp ? "on" : "off");
    attribute(this.element, "data-online", String(device?.online ?? false));
    attribute(this.lamp, "aria-label", lamp === null ? "lamp unknown" : lamp ? "lamp on" : "lamp off");
    text(this.light, device?.light == null ? "–" : String(Math.round(device.light)));
    text(this.state, this.stateText());
    text(this.decides, this.decidesText());
    this.modes.render();
    this.simulator.render();
  }

  /** Draws its plot. `until`: how long the page has been hearing from the server, in ms by the server's clock. */
  draw(until: number, colours: Palette): void {
    if (!this.size) return;
    const { device, series, since } = this.model;
    const heard = device?.online ? until : Math.min(until, since ?? series.last?.time ?? until);
    drawPlot(this.canvas, this.size, series, now(), heard, colours);
  }

  /** Tells those who cannot see the plot what is in it. */
  describe(): void {
    attribute(this.canvas, "aria-label", describePlot(this.model.series, now()));
  }

  private stateText(): string {
    const { device, since } = this.model;
    if (!device) return "not heard of yet";
    const state = device.online ? "online" : "offline";
    if (since !== undefined) return `${state} since ${when(since)}`;
    if (device.online || device.last_seen === null) return state;
    return `${state}, last seen ${when(Date.parse(device.last_seen))}`;
  }

  private decidesText(): string {
    const { device } = this.model;
    if (!device) return "";
    const who =
      device.mode !== "auto"
        ? `held ${device.mode}`
        : device.decided_by === "server"
          ? "server decides"
          : "board decides";
    if (device.missing === 0) return who;
    return `${who} · ${device.missing} ${device.missing === 1 ? "reading" : "readings"} missing`;
  }
}
