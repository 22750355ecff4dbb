/** Dialog with the settings of a zone. */

import type { Boards } from "../boards.js";
import { askForConfirmation } from "../confirm.js";
import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import { guardDialog } from "../unsaved.js";
import { createBoardListInput } from "./board-list.js";
import type { SettingDescription, SettingsVersion } from "./client.js";
import { buildElement, createButton, createId } from "./elements.js";
import { Form, sentencesOf, showOrHideText } from "./form.js";
import { createHoursInput } from "./hours.js";
import { createInput, type SettingInput } from "./inputs.js";
import { addRuleFields } from "./rule-fields.js";
import type { SettingsStore } from "./store.js";

/** Opens the dialog for an existing zone. */
export function openZoneDialog(name: string, settings: SettingsStore, boards: Boards): void {
  if (settings.version) new ZoneDialog(name, settings, boards, settings.version);
}

class ZoneDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly form: Form;
  private readonly problem = buildElement("p", { class: "problem", role: "alert", hidden: true });
  private readonly unsubscribe: () => void;

  constructor(
    private readonly name: string,
    private readonly settings: SettingsStore,
    private readonly boards: Boards,
    private readonly base: SettingsVersion,
  ) {
    const title = buildElement(
      "h2",
      { id: createId() },
      message("settings.zoneTitle", { zone: labelOfZone(base, name) }),
    );
    this.form = new Form(settings);
    this.addFields(base.view.fields.zone, boards);
    const remove = createButton(message("settings.deleteZone"), () => void this.delete(), { class: "grave" });
    const close = createButton(message("settings.close"), () => closeDialog());
    remove.disabled = getReadOnlyReason() !== "" || !settings.isEditable;
    this.dialog = buildElement(
      "dialog",
      { class: "editor", "aria-labelledby": title.id },
      buildElement("header", {}, title, close),
      buildElement("p", { class: "problem", hidden: settings.obstacle === "" }, settings.obstacle),
      this.createRenameForm(remove.disabled),
      this.form.element,
      this.problem,
      buildElement("p", { class: "buttons" }, remove),
    );
    const closeDialog = guardDialog(this.dialog, () => this.form.hasChanges);
    this.unsubscribe = settings.subscribe(() => this.render());
    this.dialog.addEventListener("close", () => this.destroy());
    document.body.append(this.dialog);
    this.form.render();
    this.handleCombineChange(base.view.zones[name]?.combine);
    this.dialog.showModal();
  }

  private addFields(fields: readonly SettingDescription[], boards: Boards): void {
    const { form } = this;
    const changed = (): void => form.handleChange();
    const addSetting = (
      key: string,
      input: (setting: SettingDescription) => SettingInput,
      fallback?: unknown,
    ): void => {
      const setting = fields.find(({ path }) => path.length === 1 && path[0] === key);
      if (setting) form.addField({ setting, path: ["zones", this.name, key], input: input(setting), fallback: () => fallback ?? setting.default }); // prettier-ignore
    };
    const createPlainInput = (setting: SettingDescription): SettingInput => createInput(setting, changed);
    addSetting("label", createPlainInput, this.name);
    addSetting("sensors", () => createBoardListInput(boards, changed));
    addSetting("lamps", () => createBoardListInput(boards, changed));
    let combine: SettingInput | undefined;
    addSetting(
      "combine",
      (setting) => (combine = createInput(setting, () => this.handleCombineChange(combine!.read()))),
    );
    addSetting("at_least", (setting) => {
      const input = createPlainInput(setting);
      // Only the choice `at_least` uses this number. With any other choice, the server would reject the number.
      return { ...input, read: () => (combine?.read() === "at_least" ? input.read() : null) };
    });
    addRuleFields(form, fields.filter(({ path }) => path.length === 1), ["zones", this.name]); // prettier-ignore
    addSetting("hours", () => createHoursInput(fields, changed));
    addSetting("stale_after", createPlainInput);
  }

  private handleCombineChange(combine: unknown): void {
    const field = this.form.element.querySelector<HTMLElement>(`[data-setting$=" > at_least"]`);
    if (field) field.hidden = combine !== "at_least";
    this.form.handleChange();
  }

  /** Creates the form that changes the zone's short name, which is its key in the configuration file. */
  private createRenameForm(disabled: boolean): HTMLElement {
    const input = buildElement("input", { id: createId(), value: this.name, autocomplete: "off", spellcheck: "false" });
    const help = buildElement("p", { class: "hint", id: createId() }, message("settings.nameHelp"));
    input.setAttribute("aria-describedby", help.id);
    const save = buildElement("button", { type: "submit" }, message("settings.save"));
    input.disabled = disabled;
    const changed = (): void => {
      save.disabled = disabled || input.value.trim() === this.name;
    };
    input.addEventListener("input", changed);
    changed();
    const row = buildElement("p", { class: "another" }, input, save);
    const form = buildElement("form", { class: "settings-form" }, buildElement("div", { class: "field" }, buildElement("label", { for: input.id }, message("settings.name")), row, help)); // prettier-ignore
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.rename(input.value.trim());
    });
    return form;
  }

  private async rename(name: string): Promise<void> {
    if (this.form.hasChanges) return showOrHideText(this.problem, message("settings.saveFirst"));
    const renamed = await this.sendZoneChange("PUT", "/name", { name });
    if (!renamed) return;
    this.dialog.close();
    openZoneDialog(name, this.settings, this.boards);
  }

  private async delete(): Promise<void> {
    const question = message("settings.deleteQuestion", { zone: this.name });
    if (
      !(await askForConfirmation(question, message("settings.deleteConsequence"), message("settings.deleteConfirmed")))
    )
      return;
    if (await this.sendZoneChange("DELETE", "", undefined)) this.dialog.close();
  }

  /** Sends a change of the whole zone. Shows why if the change fails. Returns whether the change is saved. */
  private async sendZoneChange(method: string, route: string, body: object | undefined): Promise<boolean> {
    const path = ["zones", this.name];
    const { version = this.base } = this.settings;
    try {
      const result = await this.settings.send(method, `/zones/${encodeURIComponent(this.name)}${route}`, body, path, version); // prettier-ignore
      showOrHideText(this.problem, result.kind === "invalid" ? sentencesOf(result.problems) : "");
      return result.kind === "saved";
    } catch (e) {
      showOrHideText(this.problem, (e as Error).message);
      return false;
    }
  }

  /** Shows a notice if somebody else has deleted the zone. The fields stay, so that the user can copy from them. */
  private render(): void {
    const { version } = this.settings;
    if (version && !Object.hasOwn(version.view.zones, this.name))
      showOrHideText(this.problem, message("settings.deletedMeanwhile"));
  }

  private destroy(): void {
    this.unsubscribe();
    this.form.destroy();
    this.dialog.remove();
  }
}

/** Returns the display name of a zone. */
export function labelOfZone({ view }: SettingsVersion, name: string): string {
  const label = view.zones[name]?.label;
  return typeof label === "string" ? label : name;
}
