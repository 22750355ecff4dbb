/**
 * Two sliders over a plot, by which a person drags the threshold and the upper end of the hysteresis. A change is a
 * preview until the person saves it.
 */

import { formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { readOnlyReason } from "../rights.js";
import type { Version } from "./client.js";
import { create, createButton } from "./elements.js";
import { sentencesOf, showText } from "./form.js";
import type { Edit, Settings } from "./store.js";

const MAX_LIGHT = 1023;

export interface Rule {
  readonly threshold: number;
  readonly hysteresis: number;
}

/** The plot and the setting that the sliders change. */
export interface SliderTarget {
  /** The area of the plot, in which light 0 and light 1023 are at two opposite edges. */
  readonly area: HTMLElement;
  /** Whether light increases to the top or to the right. */
  readonly direction: "up" | "right";
  /** Returns the rule in effect; undefined if it is not known. */
  rule(): Rule | undefined;
  /** Returns the path of the mapping in the file that has the rule. */
  path(): readonly string[];
  /** Says whose rule it is. */
  owner(): string;
  /** Shows a rule in the plot; undefined shows the rule in effect. */
  preview(rule: Rule | undefined): void;
}

type Grip = "threshold" | "hysteresis";

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 25,
  PageDown: -25,
  Home: -MAX_LIGHT,
  End: MAX_LIGHT,
};

export class RuleSliders {
  /** The text of the preview, and the buttons. Put it near the plot. */
  readonly bar = create("div", { class: "rule-bar", hidden: true });
  private readonly text = create("span", { role: "status" });
  private readonly problem = create("p", { class: "problem", role: "alert", hidden: true });
  private readonly grips: Readonly<Record<Grip, HTMLElement>>;
  private readonly unsubscribe: () => void;
  private chosen?: Rule;
  /** The version of the settings when the person began to move a slider. */
  private base?: Version;

  constructor(
    private readonly target: SliderTarget,
    private readonly settings: Settings,
  ) {
    const save = createButton(message("settings.save"), () => void this.save());
    const discard = createButton(message("settings.discard"), () => this.choose(undefined));
    this.bar.append(this.text, discard, save, this.problem);
    this.grips = { threshold: this.createGrip("threshold"), hysteresis: this.createGrip("hysteresis") };
    target.area.append(this.grips.threshold, this.grips.hysteresis);
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  /** Must be called when the rule in effect may have changed. */
  render(): void {
    const rule = this.chosen ?? this.target.rule();
    const usable = rule !== undefined && this.settings.editable && readOnlyReason() === "";
    for (const grip of Object.values(this.grips)) grip.hidden = !usable;
    if (!rule) return;
    const upper = Math.min(MAX_LIGHT, rule.threshold + rule.hysteresis);
    this.place(
      "threshold",
      rule.threshold,
      message("settings.sliderThreshold", { light: formatLight(rule.threshold) }),
    );
    this.place("hysteresis", upper, message("settings.sliderHysteresis", { light: formatLight(upper), hysteresis: formatLight(rule.hysteresis) })); // prettier-ignore
  }

  /** The rule that the person has chosen and not saved yet. */
  get preview(): Rule | undefined {
    return this.chosen;
  }

  destroy(): void {
    this.unsubscribe();
    for (const grip of Object.values(this.grips)) grip.remove();
    this.bar.remove();
  }

  private createGrip(name: Grip): HTMLElement {
    const label = message(name === "threshold" ? "settings.moveThreshold" : "settings.moveHysteresis");
    const grip = create("div", {
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": MAX_LIGHT,
      "aria-orientation": this.target.direction === "up" ? "vertical" : "horizontal",
      title: label,
    });
    grip.classList.add("grip", `grip-${name}`, `grip-${this.target.direction}`);
    grip.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (event.key === "Escape") this.choose(undefined);
      else if (event.key === "Enter") void this.save();
      else if (step === undefined) return;
      else this.move(name, Math.round(this.valueOf(name)) + step);
      event.preventDefault();
      event.stopPropagation(); // the keys of the plot move its cursor
    });
    // The plot selects a time range with the mouse.
    grip.addEventListener("mousedown", (event) => event.stopPropagation());
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      grip.focus();
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (grip.hasPointerCapture(event.pointerId)) this.move(name, this.lightAt(event));
    });
    return grip;
  }

  private lightAt({ clientX, clientY }: PointerEvent): number {
    const { left, bottom, width, height } = this.target.area.getBoundingClientRect();
    const share = this.target.direction === "up" ? (bottom - clientY) / height : (clientX - left) / width;
    return Math.round(share * MAX_LIGHT);
  }

  private valueOf(name: Grip): number {
    const { threshold, hysteresis } = this.chosen ?? this.target.rule()!;
    return name === "threshold" ? threshold : threshold + hysteresis;
  }

  private move(name: Grip, light: number): void {
    const rule = this.chosen ?? this.target.rule();
    if (!rule) return;
    const { threshold, hysteresis } = rule;
    const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));
    if (name === "threshold") this.choose({ threshold: clamp(light, MAX_LIGHT - hysteresis), hysteresis });
    else this.choose({ threshold, hysteresis: clamp(light - threshold, MAX_LIGHT - threshold) });
  }

  private choose(rule: Rule | undefined): void {
    const now = this.target.rule();
    const changed = rule && now && (rule.threshold !== now.threshold || rule.hysteresis !== now.hysteresis);
    this.base = changed ? (this.base ?? this.settings.version) : undefined;
    this.chosen = changed ? rule : undefined;
    this.target.preview(this.chosen);
    this.bar.hidden = !this.chosen;
    showText(this.problem, "");
    if (this.chosen && now) {
      const { threshold, hysteresis } = this.chosen;
      const values = {
        threshold: formatLight(threshold),
        upper: formatLight(threshold + hysteresis),
        before: formatLight(now.threshold),
        upperBefore: formatLight(now.threshold + now.hysteresis),
      };
      this.text.textContent = `${message("settings.preview", values)} ${this.target.owner()}`;
    }
    this.render();
  }

  private async save(): Promise<void> {
    const { chosen, base } = this;
    const before = this.target.rule();
    if (!chosen || !base || !before) return;
    const edits: Edit[] = (["threshold", "hysteresis"] as const)
      .filter((key) => chosen[key] !== before[key])
      .map((key) => ({ path: [...this.target.path(), key], value: chosen[key] }));
    try {
      const result = await this.settings.save(edits, base);
      if (result.kind === "invalid") return showText(this.problem, sentencesOf(result.problems));
      if (result.kind !== "continue") this.choose(undefined);
    } catch (e) {
      showText(this.problem, (e as Error).message);
    }
  }

  private place(name: Grip, light: number, text: string): void {
    const grip = this.grips[name];
    grip.style.setProperty("--at", `${(100 * light) / MAX_LIGHT}%`);
    grip.setAttribute("aria-valuenow", String(Math.round(light)));
    grip.setAttribute("aria-valuetext", text);
  }
}
