/**
 * Two sliders over a plot, which set the threshold and the upper end of the hysteresis. A change is a preview until
 * the user saves it.
 */

import { setText } from "../dom.js";
import { formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import { registerEditor } from "../unsaved.js";
import type { SettingsVersion } from "./client.js";
import { buildElement, createButton } from "./elements.js";
import { sentencesOf, showOrHideText } from "./form.js";
import type { SettingEdit, SettingsStore } from "./store.js";

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
  getRule(): Rule | undefined;
  /** Returns the path of the mapping in the file that contains the rule. */
  getPath(): readonly string[];
  /** Returns a sentence that says whether the rule belongs to a board or a zone. */
  describeOwner(): string;
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
  /** A bar that describes the chosen rule and has its buttons. The owner of the sliders adds the bar to the page. */
  readonly bar = buildElement("div", { class: "rule-bar", hidden: true });
  private readonly text = buildElement("span", { role: "status" });
  private readonly problem = buildElement("p", { class: "problem", role: "alert", hidden: true });
  private readonly grips: Readonly<Record<Grip, HTMLElement>>;
  private readonly saveButton = createButton(message("settings.save"), () => void this.save());
  private readonly unsubscribe: () => void;
  private readonly unregister: () => void;
  private chosen?: Rule;
  /** The pointer that drags a slider; undefined if none does. */
  private pointer?: number;
  /** The version of the settings when the user began to move a slider. */
  private base?: SettingsVersion;

  constructor(
    private readonly target: SliderTarget,
    private readonly settings: SettingsStore,
  ) {
    const discard = createButton(message("settings.discard"), () => this.discard());
    this.bar.append(this.text, discard, this.saveButton, this.problem);
    this.grips = { threshold: this.createGrip("threshold"), hysteresis: this.createGrip("hysteresis") };
    target.area.append(this.grips.threshold, this.grips.hysteresis);
    this.unsubscribe = settings.subscribe(() => this.render());
    this.unregister = registerEditor(() => this.chosen !== undefined);
    this.render();
  }

  /** Updates the sliders. Must be called when the rule in effect may have changed. */
  render(): void {
    const rule = this.chosen ?? this.target.getRule();
    const usable = rule !== undefined && this.settings.isEditable && getReadOnlyReason() === "";
    for (const grip of Object.values(this.grips)) grip.hidden = !usable;
    if (!rule) return;
    this.describePreview();
    const upper = Math.min(MAX_LIGHT, rule.threshold + rule.hysteresis);
    this.placeGrip(
      "threshold",
      rule.threshold,
      message("settings.sliderThreshold", { light: formatLight(rule.threshold) }),
    );
    this.placeGrip("hysteresis", upper, message("settings.sliderHysteresis", { light: formatLight(upper), hysteresis: formatLight(rule.hysteresis) })); // prettier-ignore
  }

  /** The rule that the user has chosen and not saved yet. */
  get preview(): Rule | undefined {
    return this.chosen;
  }

  destroy(): void {
    this.unsubscribe();
    this.unregister();
    for (const grip of Object.values(this.grips)) grip.remove();
    this.bar.remove();
  }

  private createGrip(name: Grip): HTMLElement {
    const label = message(name === "threshold" ? "settings.moveThreshold" : "settings.moveHysteresis");
    const grip = buildElement("div", {
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
      if (event.key === "Escape") this.discard();
      else if (event.key === "Enter") void this.save();
      else if (step === undefined) return;
      else this.moveGrip(name, Math.round(this.valueOf(name)) + step);
      event.preventDefault();
      event.stopPropagation(); // otherwise, the key would also move the plot's cursor
    });
    // Otherwise, dragging a slider would also select a time range in the plot.
    grip.addEventListener("mousedown", (event) => event.stopPropagation());
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.pointer !== undefined) return;
      event.preventDefault();
      grip.focus();
      grip.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
    });
    grip.addEventListener("pointermove", (event) => {
      if (event.pointerId === this.pointer) this.moveGrip(name, this.lightAtPointer(event));
    });
    grip.addEventListener("lostpointercapture", () => (this.pointer = undefined));
    return grip;
  }

  /** Discards the preview, and ends a drag: its next movement would otherwise show a preview again. */
  private discard(): void {
    this.pointer = undefined;
    this.chooseRule(undefined);
  }

  private lightAtPointer({ clientX, clientY }: PointerEvent): number {
    const { left, bottom, width, height } = this.target.area.getBoundingClientRect();
    const share = this.target.direction === "up" ? (bottom - clientY) / height : (clientX - left) / width;
    return Math.round(share * MAX_LIGHT);
  }

  private valueOf(name: Grip): number {
    const { threshold, hysteresis } = this.chosen ?? this.target.getRule()!;
    return name === "threshold" ? threshold : threshold + hysteresis;
  }

  private moveGrip(name: Grip, light: number): void {
    const rule = this.chosen ?? this.target.getRule();
    if (!rule) return;
    const { threshold, hysteresis } = rule;
    const clampLight = (value: number, most: number): number => Math.max(0, Math.min(most, value));
    if (name === "threshold") this.chooseRule({ threshold: clampLight(light, MAX_LIGHT - hysteresis), hysteresis });
    else this.chooseRule({ threshold, hysteresis: clampLight(light - threshold, MAX_LIGHT - threshold) });
  }

  private chooseRule(rule: Rule | undefined): void {
    const now = this.target.getRule();
    const changed = rule && now && (rule.threshold !== now.threshold || rule.hysteresis !== now.hysteresis);
    this.base = changed ? (this.base ?? this.settings.version) : undefined;
    this.chosen = changed ? rule : undefined;
    this.target.preview(this.chosen);
    this.bar.hidden = !this.chosen;
    showOrHideText(this.problem, "");
    this.render();
  }

  /** Says what the chosen rule changes. The rule in effect and its owner may change while the user drags. */
  private describePreview(): void {
    const now = this.target.getRule();
    if (!this.chosen || !now) return;
    const { threshold, hysteresis } = this.chosen;
    const values = {
      threshold: formatLight(threshold),
      upper: formatLight(threshold + hysteresis),
      before: formatLight(now.threshold),
      upperBefore: formatLight(now.threshold + now.hysteresis),
    };
    setText(this.text, `${message("settings.preview", values)} ${this.target.describeOwner()}`);
  }

  private async save(): Promise<void> {
    const { chosen, base } = this;
    const before = this.target.getRule();
    if (!chosen || !base || !before || this.saveButton.disabled) return;
    const edits: SettingEdit[] = (["threshold", "hysteresis"] as const)
      .filter((key) => chosen[key] !== before[key])
      .map((key) => ({ path: [...this.target.getPath(), key], value: chosen[key] }));
    this.saveButton.disabled = true;
    showOrHideText(this.problem, "");
    try {
      const result = await this.settings.save(edits, base);
      if (result.kind === "invalid") showOrHideText(this.problem, sentencesOf(result.problems));
      else if (result.kind !== "continue") this.discard();
    } catch (e) {
      showOrHideText(this.problem, (e as Error).message);
    }
    this.saveButton.disabled = false;
  }

  private placeGrip(name: Grip, light: number, text: string): void {
    const grip = this.grips[name];
    grip.style.setProperty("--at", `${(100 * light) / MAX_LIGHT}%`);
    grip.setAttribute("aria-valuenow", String(Math.round(light)));
    grip.setAttribute("aria-valuetext", text);
  }
}
