/** Controls for a simulated board's light and network. */

import { type Board, putLight, putNetwork } from "../api.js";
import { now } from "../clock.js";
import { copy, part, text } from "../dom.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";
import { attempt, type Report } from "./attempt.js";

/** Time after the last move of the slider during which it ignores the board's reports, which may be older. In ms. */
const SLIDER_HOLD_TIME = 500;

export class SimulatorControls {
  private readonly slider: HTMLInputElement;
  private readonly value: HTMLElement;
  private readonly release: HTMLButtonElement;
  private readonly network: HTMLInputElement;
  private readonly note: HTMLElement;
  private readonly light: (light: number | null) => void;
  /** Timer that runs during `SLIDER_HOLD_TIME`. */
  private sliding?: number;

  constructor(
    place: Element,
    private readonly model: BoardModel,
    report: Report,
  ) {
    const card = copy("simulator-template");
    this.slider = part(card, "slider", HTMLInputElement);
    this.value = part(card, "slider-value", HTMLElement);
    this.release = part(card, "release", HTMLButtonElement);
    this.network = part(card, "network", HTMLInputElement);
    this.note = part(card, "note", HTMLElement);
    place.append(card);

    this.light = latest((light) => attempt(() => putLight(model.id, light), report));
    this.slider.addEventListener("input", () => {
      clearTimeout(this.sliding);
      this.sliding = setTimeout(() => {
        this.sliding = undefined;
        this.render();
      }, SLIDER_HOLD_TIME);
      const light = this.slider.valueAsNumber;
      text(this.value, String(light));
      model.slide(light, now());
      this.light(light);
    });
    this.release.addEventListener("click", () => {
      this.slider.focus(); // the release button disappears, so move the focus
      this.light(null);
    });
    this.network.addEventListener("change", () => {
      const state: Board["network"] = this.network.checked ? "cut" : "up";
      void attempt(() => putNetwork(model.id, state), report).then((done) => done || this.render());
    });
  }

  render(): void {
    const { board, reactionTime } = this.model;
    if (!board) return;
    for (const control of [this.slider, this.release, this.network]) setEnabled(control);
    if (this.sliding === undefined) {
      if (this.slider.valueAsNumber !== board.light) this.slider.valueAsNumber = board.light;
      text(this.value, String(Math.round(board.light)));
    }
    this.release.hidden = !board.held;
    this.network.checked = board.network === "cut";
    text(this.note, noteOf(board, reactionTime));
  }
}

function noteOf(board: Board, reactionTime: number | undefined): string {
  if (!board.running) return "program stopped";
  if (board.network === "cut") return "no network";
  if (reactionTime !== undefined && board.held) return `lamp reacted in ${(reactionTime / 1000).toFixed(2)} s`;
  return board.held ? "held" : "automatic";
}

/** Throttles calls: runs one at a time and skips all but the latest waiting value. `send` must not throw. */
function latest<T>(send: (value: T) => Promise<unknown>): (value: T) => void {
  let waiting: { value: T } | undefined;
  let busy = false;
  const run = async () => {
    busy = true;
    while (waiting) {
      const { value } = waiting;
      waiting = undefined;
      await send(value);
    }
    busy = false;
  };
  return (value) => {
    waiting = { value };
    if (!busy) void run();
  };
}
