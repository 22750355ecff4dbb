/** Auto, on or off, and for how long: a person's word on a lamp, or on all lamps of a zone. */

import type { Mode } from "../api.js";
import { now, untilMorning, when } from "../clock.js";
import { copy, part, text } from "../dom.js";
import { allow } from "../rights.js";
import { left } from "../words.js";
import { attempt, type Report } from "./attempt.js";

/** After an override, it can be undone for so long, in ms. */
const UNDO = 30_000;

export interface Override {
  readonly mode: Mode;
  /** When it ends, ISO 8601; null when it lasts. */
  readonly until: string | null;
}

/** What is overridden. */
export interface Target {
  /** How it is now; undefined when that is not known. */
  override(): Override | undefined;
  /** Changes it, for so long in ms; without a duration until it is changed again. @throws ApiError */
  put(mode: Mode, duration?: number): Promise<void>;
}

let groups = 0;

export class OverrideControl {
  private readonly group: HTMLFieldSetElement;
  private readonly choices: HTMLInputElement[];
  private readonly undo: HTMLButtonElement;
  private readonly place: HTMLElement;
  private hold?: { box: HTMLElement; choice: HTMLSelectElement; present: HTMLOptionElement; left: HTMLElement };
  private before?: Override;
  private forgetting = 0;
  private busy = 0;

  constructor(
    root: ParentNode,
    private readonly target: Target,
    private readonly report: Report,
  ) {
    this.place = part(root, "override", HTMLElement);
    this.place.append(copy("override-template"));
    this.group = part(this.place, "modes", HTMLFieldSetElement);
    this.undo = part(this.place, "undo", HTMLButtonElement);
    this.choices = [...this.group.querySelectorAll("input")];
    const name = `mode-${++groups}`;
    for (const choice of this.choices) {
      choice.name = name;
      choice.addEventListener("change", () => void this.put(choice.value as Mode));
    }
    this.undo.addEventListener("click", () => void this.takeBack());
  }

  render(): void {
    const override = this.target.override();
    allow(this.group, override !== undefined);
    allow(this.undo);
    if (this.busy === 0) for (const choice of this.choices) choice.checked = choice.value === override?.mode;
    this.undo.hidden = this.before === undefined;
    this.renderHold(override);
  }

  /** For how long: there while a person's word holds. */
  private renderHold(override: Override | undefined): void {
    const held = override !== undefined && override.mode !== "auto";
    if (!this.hold && !held) return;
    this.hold ??= this.makeHold();
    const { box, choice, present, left: remaining } = this.hold;
    box.hidden = !held;
    if (!held) return;
    allow(choice);
    const end = override.until === null ? undefined : Date.parse(override.until);
    present.hidden = end === undefined;
    if (end !== undefined) text(present, `until ${when(end)}`);
    if (this.busy === 0) choice.value = end === undefined ? "" : "present";
    text(remaining, end === undefined ? "" : `${left(end - now())} left`);
  }

  private makeHold(): NonNullable<OverrideControl["hold"]> {
    const content = copy("hold-template");
    const hold = {
      box: part(content, "hold", HTMLElement),
      choice: part(content, "duration", HTMLSelectElement),
      present: part(content, "present", HTMLOptionElement),
      left: part(content, "left", HTMLElement),
    };
    hold.choice.addEventListener("change", () => {
      const { value } = hold.choice;
      const mode = this.target.override()?.mode ?? "auto";
      if (value !== "present") void this.put(mode, value === "morning" ? untilMorning() : Number(value) * 60_000);
    });
    this.group.after(content);
    return hold;
  }

  private async put(mode: Mode, duration = 0): Promise<void> {
    const before = this.target.override();
    if (!(await this.send(mode, duration || undefined))) return;
    this.before = before;
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => this.forget(), UNDO);
    this.render();
  }

  private async takeBack(): Promise<void> {
    if (!this.before) return;
    const { mode, until } = this.before;
    // what would have ended meanwhile has ended
    const rest = until === null ? undefined : Date.parse(until) - now();
    const over = rest !== undefined && rest < 1000;
    if (!(await this.send(over ? "auto" : mode, over ? undefined : rest))) return;
    this.choices.find((choice) => choice.checked)?.focus(); // the button goes away, and must not take the focus with it
    this.forget();
  }

  private forget(): void {
    clearTimeout(this.forgetting);
    // a button that somebody is about to press stays
    if (document.activeElement === this.undo) {
      this.forgetting = setTimeout(() => this.forget(), UNDO);
      return;
    }
    this.before = undefined;
    this.render();
  }

  private async send(mode: Mode, duration?: number): Promise<boolean> {
    this.busy++;
    const done = await attempt(
      () => this.target.put(mode, duration === undefined ? undefined : Math.round(duration)),
      this.report,
    );
    this.busy--;
    this.render(); // what the server has made of it, also when it said no
    return done;
  }
}
