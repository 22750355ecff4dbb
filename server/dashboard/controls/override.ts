/** Control for the override of a lamp or a zone: auto, on or off, and for how long. */

import type { Mode } from "../api.js";
import { now, getTimeUntilMorning, formatTime } from "../clock.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { formatDuration, formatTimeLeft } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { setEnabled } from "../rights.js";
import { attempt, type ShowError } from "./attempt.js";

const MINUTE = 60_000;
/** Time during which a change can be undone, in ms. */
const UNDO_TIME = 30_000;

export interface Override {
  readonly mode: Mode;
  /** When the override ends, ISO 8601; null if it has no end. */
  readonly until: string | null;
}

/** The lamp or zone that the control overrides. */
export interface OverrideTarget {
  /** Returns the current override; undefined if unknown. */
  getOverride(): Override | undefined;
  /** Sets the override for `duration` ms, or without end if `duration` is undefined. @throws ApiError */
  putOverride(mode: Mode, duration?: number): Promise<void>;
}

let groups = 0;

export class OverrideControl {
  private readonly group: HTMLFieldSetElement;
  private readonly modeButtons: HTMLInputElement[];
  private readonly undo: HTMLButtonElement;
  private readonly place: HTMLElement;
  private duration?: {
    box: HTMLElement;
    select: HTMLSelectElement;
    currentOption: HTMLOptionElement;
    remaining: HTMLElement;
  };
  /** The override before the last change, which may still fail; undefined if there is nothing to undo. */
  private previous?: Override;
  /** The override before the last change that succeeded. */
  private confirmedPrevious?: Override;
  private undoTimer?: ReturnType<typeof setTimeout>;
  /** Number of override requests that have not ended. Until it is 0, the controls keep the user's choice. */
  private pending = 0;
  /** The latest override request, which may still wait for those before it. */
  private lastRequest: Promise<unknown> = Promise.resolve();

  constructor(
    root: ParentNode,
    private readonly target: OverrideTarget,
    private readonly report: ShowError,
  ) {
    this.place = findPart(root, "override", HTMLElement);
    this.place.append(cloneTemplate("override-template"));
    this.group = findPart(this.place, "modes", HTMLFieldSetElement);
    this.undo = findPart(this.place, "undo", HTMLButtonElement);
    this.modeButtons = [...this.group.querySelectorAll("input")];
    const name = `mode-${++groups}`;
    for (const choice of this.modeButtons) {
      choice.name = name;
      choice.addEventListener("change", () => void this.putOverride(choice.value as Mode));
    }
    this.undo.addEventListener("click", () => void this.undoChange());
  }

  render(): void {
    const override = this.target.getOverride();
    setEnabled(this.group, override !== undefined);
    setEnabled(this.undo);
    if (this.pending === 0) for (const choice of this.modeButtons) choice.checked = choice.value === override?.mode;
    this.undo.hidden = !this.canUndo(override);
    this.renderDuration(override);
  }

  /** Returns whether there is a change to undo. While a request has not ended, the change must be visible already. */
  private canUndo(override: Override | undefined): boolean {
    const { previous, pending } = this;
    if (!previous) return false;
    return pending === 0 || override?.mode !== previous.mode || override.until !== previous.until;
  }

  /** Shows the duration, but only while an override is in effect. */
  private renderDuration(override: Override | undefined): void {
    const held = override !== undefined && override.mode !== "auto";
    if (!this.duration && !held) return;
    this.duration ??= this.createDurationControls();
    const { box, select: choice, currentOption, remaining } = this.duration;
    box.hidden = !held;
    if (!held) return;
    setEnabled(choice);
    const end = override.until === null ? undefined : Date.parse(override.until);
    currentOption.hidden = end === undefined;
    if (end !== undefined) setText(currentOption, message("controls.until", { time: formatTime(end) }));
    if (this.pending === 0) choice.value = end === undefined ? "" : "present";
    setText(
      remaining,
      end === undefined ? "" : message("controls.timeLeft", { duration: formatTimeLeft(end - now()) }),
    );
  }

  private createDurationControls(): NonNullable<OverrideControl["duration"]> {
    const content = cloneTemplate("hold-template");
    const controls = {
      box: findPart(content, "hold", HTMLElement),
      select: findPart(content, "duration", HTMLSelectElement),
      currentOption: findPart(content, "present", HTMLOptionElement),
      remaining: findPart(content, "left", HTMLElement),
    };
    for (const option of controls.select.options)
      if (Number(option.value) > 0)
        setText(option, message("controls.forDuration", { duration: formatDuration(Number(option.value) * MINUTE) }));
    controls.select.addEventListener("change", () => {
      const { value } = controls.select;
      // Use the chosen mode, because the server may not have answered the request that sets it.
      const mode = this.modeButtons.find((choice) => choice.checked)?.value as Mode | undefined;
      if (value !== "present" && mode !== undefined && mode !== "auto")
        void this.putOverride(mode, value === "morning" ? getTimeUntilMorning() : Number(value) * MINUTE);
    });
    this.group.after(content);
    return controls;
  }

  private async putOverride(mode: Mode, duration = 0): Promise<void> {
    clearTimeout(this.undoTimer);
    let before: Override | undefined;
    const succeeded = await this.sendOverride(mode, duration || undefined, () => {
      // Set this before the request, because an event may show the change, which the user may undo, before the answer.
      this.previous = before = this.target.getOverride();
    });
    if (succeeded) this.confirmedPrevious = before;
    if (this.pending === 0) this.previous = this.confirmedPrevious;
    clearTimeout(this.undoTimer);
    this.undoTimer = setTimeout(() => this.hideUndo(), UNDO_TIME);
    this.render();
  }

  private async undoChange(): Promise<void> {
    if (!this.previous) return;
    const { mode, until } = this.previous;
    // If the previous override has ended in the meantime, or ends within a second, restore `auto`.
    const remaining = until === null ? undefined : Date.parse(until) - now();
    const ended = remaining !== undefined && remaining < 1000;
    if (!(await this.sendOverride(ended ? "auto" : mode, ended ? undefined : remaining))) return;
    this.modeButtons.find((choice) => choice.checked)?.focus(); // the undo button disappears, so move the focus
    this.hideUndo();
  }

  private hideUndo(): void {
    clearTimeout(this.undoTimer);
    // Keep the button while it has the focus: the user may be about to press it.
    if (document.activeElement === this.undo) {
      this.undoTimer = setTimeout(() => this.hideUndo(), UNDO_TIME);
      return;
    }
    this.previous = this.confirmedPrevious = undefined;
    this.render();
  }

  /**
   * Sends a request after those before it have ended, because the server may handle parallel requests in any order.
   * @param sending called just before the request is sent
   */
  private async sendOverride(mode: Mode, duration?: number, sending?: () => void): Promise<boolean> {
    this.pending++;
    const put = () => {
      sending?.();
      return this.target.putOverride(mode, duration === undefined ? undefined : Math.round(duration));
    };
    const request = this.lastRequest.then(() => attempt(put, this.report));
    this.lastRequest = request;
    const succeeded = await request;
    this.pending--;
    this.render(); // show the state at the server, because the request may have failed
    return succeeded;
  }
}
