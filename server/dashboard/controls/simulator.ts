/** A simulated board's light and network, in a person's hand. */

import { type Board, putLight, putNetwork } from "../api.js";
import { now } from "../clock.js";
import { copy, part, text } from "../dom.js";
import type { BoardModel } from "../model.js";
import { allow } from "../rights.js";
import { attempt, type Report } from "./attempt.js";

/** After the last move of the slider, the board's word for it is waited for so long, in ms. */
const SETTLE = 500;

export class SimulatorControls {
  private readonly slider: HTMLInputElement;
  private readonly value: HTMLElement;
  private readonly release: HTMLButtonElement;
  private readonly network: HTMLInputElement;
  private readonly note: HTMLElement;
  private readonly light: (light: number | null) => void;
  /** Runs while the slider is a person's, and what the board says of its light is older than the hand. */
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
      }, SETTLE);
      const light = this.slider.valueAsNumber;
      text(this.value, String(light));
      model.slide(light, now());
      this.light(light);
    });
    this.release.addEventListener("click", () => {
      this.slider.focus(); // the button goes away, and must not take the focus with it
      this.light(null);
    });
    this.network.addEventListener("change", () => {
      const state: Board["network"] = this.network.checked ? "cut" : "up";
      void attempt(() => putNetwork(model.id, state), report).then((done) => done || this.render());
    });
  }

  render(): void {
    const { board, followed } = this.model;
    if (!board) return;
    for (const control of [this.slider, this.release, this.network]) allow(control);
    if (this.sliding === undefined) {
      if (this.slider.valueAsNumber !== board.light) this.slider.valueAsNumber = board.light;
      text(this.value, String(Math.round(board.light)));
    }
    this.release.hidden = !board.held;
    this.network.checked = board.network === "cut";
    text(this.note, noteOf(board, followed));
  }
}

function noteOf(board: Board, followed: number | undefined): string {
  if (!board.running) return "program stopped";
  if (board.network === "cut") return "no network";
  if (followed !== undefined && board.held) return `followed in ${(followed / 1000).toFixed(2)} s`;
  return board.held ? "held" : "on its own";
}

/** One call at a time; of the values that come meanwhile only the latest is sent. `send` must not throw. */
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
