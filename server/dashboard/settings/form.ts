/**
 * A form of settings. It shows the values of the configuration file, collects and saves changes, and shows mistakes
 * next to the fields.
 */

import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import { registerEditor } from "../unsaved.js";
import type { SettingDescription, SettingProblem, SettingsVersion } from "./client.js";
import { buildElement, createButton, createId } from "./elements.js";
import type { SettingInput } from "./inputs.js";
import type { SettingsStore } from "./store.js";
import { helpOf, labelOf, valueText } from "./texts.js";
import { isSameValue, ownValue } from "./values.js";

/** A field of a form: one setting, or one mapping of settings. */
export interface FieldOptions {
  readonly setting: SettingDescription;
  /** Text of the label; by default the display name of the setting. */
  readonly label?: string;
  /** The path of the setting in the file. */
  readonly path: readonly string[];
  readonly input: SettingInput;
  /** Returns the value in effect if the file does not contain the setting. */
  fallback(version: SettingsVersion): unknown;
}

interface Field extends FieldOptions {
  readonly error: HTMLElement;
  readonly note: HTMLElement;
  /** The value that the field showed before the user changed it; null for the default. */
  shown: unknown;
  /** The value that the server refused, which `error` explains. */
  refused?: unknown;
}

export class Form {
  readonly element = buildElement("form", { class: "settings-form", novalidate: true });
  private readonly fields: Field[] = [];
  private readonly status = buildElement("p", { class: "form-status", role: "status" });
  private readonly problem = buildElement("p", { class: "problem", role: "alert", hidden: true });
  /** Says why the user cannot save the changes that the form contains. */
  private readonly obstacle = buildElement("p", { class: "problem", role: "status", hidden: true });
  private readonly saveButton = buildElement("button", { type: "submit" }, message("settings.save"));
  private readonly discardButton = createButton(message("settings.discard"), () => this.discard());
  /** The version of the settings that the user has seen. It stays the same while the form has unsaved changes. */
  private base?: SettingsVersion;
  private readonly unsubscribe: () => void;
  private readonly unregister: () => void;
  private isSaving = false;
  private isBlocked = false;

  constructor(private readonly settings: SettingsStore) {
    const buttons = buildElement("p", { class: "buttons" }, this.status, this.discardButton, this.saveButton);
    this.element.append(this.problem, this.obstacle, buttons);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    this.unsubscribe = settings.subscribe(() => this.render());
    this.unregister = registerEditor(() => this.hasChanges);
  }

  /** The number of fields. */
  get size(): number {
    return this.fields.length;
  }

  /** Whether the user has changed a field and has not saved the change. */
  get hasChanges(): boolean {
    return this.fields.some((field) => this.isDirty(field));
  }

  /** Adds a field at the end of the form. Returns its element. */
  addField(options: FieldOptions): HTMLElement {
    const { input, setting, path, label: named = labelOf(setting.path) } = options;
    const [error, note] = [buildElement("p", { class: "problem", id: createId(), hidden: true }), buildElement("p", { class: "hint", id: createId() })]; // prettier-ignore
    input.target.setAttribute("aria-describedby", `${note.id} ${error.id}`);
    const label = this.createLabel(input, named);
    const element = buildElement("div", { class: "field", "data-setting": path.join(" > ") }, label, input.element, note, error); // prettier-ignore
    this.problem.before(element);
    this.fields.push({ ...options, error, note, shown: undefined });
    return element;
  }

  /** Shows the newest values, except in fields that the user has changed. */
  render(): void {
    const { version } = this.settings;
    if (!version) return;
    if (!this.hasChanges || !this.base) this.base = version;
    const disabled = getReadOnlyReason() !== "" || !this.settings.isEditable;
    for (const field of this.fields) {
      const own = ownValue(version, field.path);
      const changed = this.isDirty(field);
      if (!changed) {
        field.input.write(own, field.fallback(version));
        field.shown = field.input.read();
      }
      field.input.setDisabled(disabled);
      field.note.textContent = this.describeField(field, version, changed);
    }
    this.updateButtons();
  }

  /** Updates the buttons, and hides what the last save said about values that have changed. Must be called after each change by the user. */
  handleChange(): void {
    for (const { input, error, refused } of this.fields) {
      if (error.hidden || isSameValue(input.read(), refused)) continue;
      showOrHideText(error, "");
      input.target.removeAttribute("aria-invalid");
    }
    this.updateButtons();
    if (this.hasChanges && !this.isSaving) this.status.textContent = "";
  }

  destroy(): void {
    this.unsubscribe();
    this.unregister();
    for (const { input } of this.fields) input.destroy?.();
    this.element.remove();
  }

  private updateButtons(): void {
    const disabled = getReadOnlyReason() !== "" || !this.settings.isEditable || this.isSaving;
    this.saveButton.disabled = this.discardButton.disabled = !this.hasChanges || disabled;
    const { obstacle } = this.settings;
    // The result of the last save says the same, in more words, until the obstacle is gone.
    if (this.isBlocked && obstacle === "") this.showSentence("");
    this.isBlocked = obstacle !== "";
    showOrHideText(this.obstacle, this.hasChanges && this.problem.hidden ? obstacle : "");
  }

  private createLabel({ target }: SettingInput, text: string): HTMLElement {
    if (target.getAttribute("role") !== "group") return buildElement("label", { for: target.id }, text);
    const label = buildElement("span", { class: "label", id: createId() }, text);
    target.setAttribute("aria-labelledby", label.id);
    return label;
  }

  private isDirty({ input, shown }: Field): boolean {
    return shown !== undefined && !isSameValue(input.read(), shown);
  }

  private describeField({ setting, path, fallback }: Field, version: SettingsVersion, changed: boolean): string {
    const own = ownValue(version, path);
    if (changed && this.base && !isSameValue(own, ownValue(this.base, path)))
      return message("settings.changedMeanwhile", { value: valueText(path, own ?? fallback(version)) });
    const standard = fallback(version);
    const texts = [helpOf(setting)];
    if (setting.secret && own !== undefined) texts.push(message("settings.secretSet", { value: String(own) }));
    if (own !== undefined && standard !== undefined && typeof standard !== "object")
      texts.push(message("settings.standard", { value: valueText(path, standard) }));
    if (setting.restart) texts.push(message("settings.needsRestart"));
    return texts.filter(Boolean).join(" · ");
  }

  private discard(): void {
    for (const field of this.fields) {
      field.shown = undefined;
      field.input.handleDiscard?.();
    }
    this.showProblems([]);
    this.status.textContent = "";
    this.render();
  }

  private async save(): Promise<void> {
    const sent = this.fields
      .filter((field) => this.isDirty(field))
      .map((field) => ({ field, path: field.path, value: field.input.read() }));
    if (sent.length === 0 || !this.base || this.isSaving) return;
    this.isSaving = true;
    this.updateButtons();
    this.status.textContent = message("settings.saving");
    try {
      const result = await this.settings.save(sent, this.base);
      this.showProblems(result.kind === "invalid" ? result.problems : []);
      if (result.kind === "saved" || result.kind === "theirs") {
        // Fields that the user has changed again while the server saved them stay as they are.
        for (const { field, value } of sent) {
          field.shown = value;
          if (result.kind === "theirs") field.input.handleDiscard?.();
        }
        this.base = undefined;
      }
      this.finishSaving(result.kind === "saved" ? message("settings.saved") : "");
    } catch (e) {
      this.finishSaving("");
      this.showSentence((e as Error).message);
    }
  }

  private finishSaving(status: string): void {
    this.isSaving = false;
    this.render();
    this.status.textContent = status;
  }

  private showProblems(problems: readonly SettingProblem[]): void {
    const rest = new Set(problems);
    for (const field of this.fields) {
      const { path, error, input } = field;
      const own = problems.filter((one) => path.every((key, i) => one.path?.[i] === key));
      own.forEach((one) => rest.delete(one));
      showOrHideText(error, sentencesOf(own));
      if (own.length > 0) input.target.setAttribute("aria-invalid", "true");
      else input.target.removeAttribute("aria-invalid");
      field.refused = input.read();
    }
    this.showSentence(sentencesOf([...rest]));
    this.fields.find(({ error }) => !error.hidden)?.input.target.focus();
  }

  private showSentence(sentence: string): void {
    showOrHideText(this.problem, sentence);
  }
}

export function showOrHideText(element: HTMLElement, text: string): void {
  element.hidden = text === "";
  element.textContent = text;
}

/** Returns the problems as text. Omits the line numbers, because the file was not written. */
export function sentencesOf(problems: readonly SettingProblem[]): string {
  return problems.map(({ text }) => text.replace(/^.*?:\d+:\d+: /, "")).join("\n");
}
