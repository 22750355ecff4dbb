/** What a person can do to a board. */

import type { BoardModel } from "./model.js";
import { type Board, type Mode, putLight, putMode, putNetwork } from "./api.js";
import { now } from "./clock.js";
import { part, text } from "./dom.js";

/** Shows what went wrong, a sentence, or that nothing did any more. */
type Report = (problem: string) => void;

/** After the last move of the slider, the board's word for it is waited for so long, in ms. */
const SETTLE = 500;

let groups = 0;

/** Auto, on or off: who switches the lamp. */
export class ModeControl {
  private readonly group: HTMLFieldSetElement;
  private readonly choices: HTMLInputElement[];
  private busy = 0;

  constructor(
    card: ParentNode,
    private readonly model: BoardModel,
    private readonly report: Report,
  ) {
    this.group = part(card, "modes", HTMLFieldSetElement);
    this.choices = [...this.group.querySelectorAll("input")];
    const name = `mode-${++groups}`;
    for (const choice of this.choices) {
      choice.name = name;
      choice.addEventListener("change", () => void this.choose(choice.value as Mode));
    }
  }

  render(): void {
    const mode = this.model.device?.mode;
    this.group.disabled = mode === undefined;
    if (this.busy === 0) for (const choice of this.choices) choice.checked = choice.value === mode;
  }

  private async choose(mode: Mode): Promise<void> {
    this.busy++;
    await attempt(async () => this.model.seeDevice(await putMode(this.model.id, mode), now()), this.report);
    this.busy--;
    this.render(); // what the server has made of it, also when it said no
  }
}

/** A simulated board's light and network. */
export class SimulatorControls {
  private readonly box: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly value: HTMLElement;
  private readonly release: HTMLButtonElement;
  private readonly network: HTMLInputElement;
  private readonly note: HTMLElement;
  private readonly light: (light: number | null) => void;
  /** Runs while the slider is a person's, and what the board says of its light is older than the hand. */
  private sliding?: number;

  constructor(
    card: ParentNode,
    private readonly model: BoardModel,
    report: Report,
  ) {
    this.box = part(card, "simulator", HTMLElement);
    this.slider = part(card, "slider", HTMLInputElement);
    this.value = part(card, "slider-value", HTMLElement);
    this.release = part(card, "release", HTMLButtonElement);
    this.network = part(card, "network", HTMLInputElement);
    this.note = part(card, "note", HTMLElement);

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
    this.box.hidden = !board;
    if (!board) return;
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

async function attempt(action: () => Promise<void>, report: Report): Promise<boolean> {
  try {
    await action();
    report("");
    return true;
  } catch (e) {
    report(e instanceof Error ? e.message : String(e));
    return false;
  }
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
