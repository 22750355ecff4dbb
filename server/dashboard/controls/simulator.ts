/** Controls for a simulated board's light and network. */

import { type SimulatedBoard, putLight, putNetwork } from "../api.js";
import { now } from "../clock.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { formatLight, formatUnit } from "../messages/locale.js";
import { message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";
import { attempt, type ShowError } from "./attempt.js";

/** How long the slider ignores the board's reports after each move, in ms: a report may be older than the move. */
const SLIDER_HOLD_TIME = 500;

export class SimulatorControls {
  private readonly slider: HTMLInputElement;
  private readonly value: HTMLElement;
  private readonly follow: HTMLButtonElement;
  private readonly network: HTMLInputElement;
  private readonly note: HTMLElement;
  private readonly light: (light: number | null) => void;
  /** Timer that runs for `SLIDER_HOLD_TIME` after the slider has moved; undefined at other times. */
  private sliderTimer?: ReturnType<typeof setTimeout>;
  /** Number of requests about the network that have not ended. Until it is 0, the switch keeps the user's choice. */
  private networkRequests = 0;

  constructor(
    place: Element,
    private readonly model: BoardModel,
    report: ShowError,
  ) {
    const card = cloneTemplate("simulator-template");
    this.slider = findPart(card, "slider", HTMLInputElement);
    this.value = findPart(card, "slider-value", HTMLElement);
    this.follow = findPart(card, "follow", HTMLButtonElement);
    this.network = findPart(card, "network", HTMLInputElement);
    this.note = findPart(card, "note", HTMLElement);
    place.append(card);

    this.light = throttleToLatest((light) => attempt(() => putLight(model.id, light), report));
    this.slider.addEventListener("input", () => {
      clearTimeout(this.sliderTimer);
      this.sliderTimer = setTimeout(() => {
        this.sliderTimer = undefined;
        this.render();
      }, SLIDER_HOLD_TIME);
      const light = this.slider.valueAsNumber;
      setText(this.value, formatLight(light));
      model.handleSlider(light, now());
      this.light(light);
    });
    this.follow.addEventListener("click", () => {
      this.slider.focus(); // the button disappears, so move the focus to the slider
      this.light(null);
    });
    this.network.addEventListener("change", () => {
      const state: SimulatedBoard["network"] = this.network.checked ? "cut" : "up";
      this.networkRequests++;
      void attempt(() => putNetwork(model.id, state), report).then((done) => {
        this.networkRequests--;
        if (!done) this.render();
      });
    });
  }

  render(): void {
    const { board, reactionTime } = this.model;
    if (!board) return;
    for (const control of [this.slider, this.follow, this.network]) setEnabled(control);
    if (this.sliderTimer === undefined) {
      if (this.slider.valueAsNumber !== board.light) this.slider.valueAsNumber = board.light;
      setText(this.value, formatLight(Math.round(board.light)));
    }
    this.follow.hidden = !board.held;
    if (this.networkRequests === 0) this.network.checked = board.network === "cut";
    setText(this.note, formatNote(board, reactionTime));
  }
}

function formatNote(board: SimulatedBoard, reactionTime: number | undefined): string {
  if (!board.running) return message("controls.programStopped");
  if (board.network === "cut") return message("controls.noNetwork");
  if (reactionTime !== undefined && board.held)
    return message("controls.reacted", { duration: formatUnit(reactionTime / 1000, "second", "short", 2) });
  return message(board.held ? "controls.setByHand" : "controls.automatic");
}

/** Throttles calls: runs one at a time and skips all but the latest waiting value. `send` must not throw. */
function throttleToLatest<T>(send: (value: T) => Promise<unknown>): (value: T) => void {
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
