/** Dialog with the settings of a zone. */

import type { Boards } from "../boards.js";
import { confirm } from "../confirm.js";
import { message } from "../messages/message.js";
import { readOnlyReason } from "../rights.js";
import { createBoardList } from "./board-list.js";
import type { SettingDescription, Version } from "./client.js";
import { create, createButton, newId } from "./elements.js";
import { Form, sentencesOf, showText } from "./form.js";
import { createHours } from "./hours.js";
import { createInput, type Input } from "./inputs.js";
import { addRuleFields } from "./rule-fields.js";
import type { Settings } from "./store.js";

/** Opens the dialog for an existing zone. */
export function openZone(name: string, settings: Settings, boards: Boards): void {
  if (settings.version) new ZoneDialog(name, settings, boards, settings.version);
}

class ZoneDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly form: Form;
  private readonly problem = create("p", { class: "problem", role: "alert", hidden: true });
  private readonly unsubscribe: () => void;

  constructor(
    private readonly name: string,
    private readonly settings: Settings,
    private readonly boards: Boards,
    private readonly base: Version,
  ) {
    const title = create("h2", { id: newId() }, message("settings.zoneTitle", { zone: labelOfZone(base, name) }));
    this.form = new Form(settings);
    this.addFields(base.view.fields.zone, boards);
    const remove = createButton(message("settings.deleteZone"), () => void this.delete(), { class: "grave" });
    const close = createButton(message("settings.close"), () => this.dialog.close());
    remove.disabled = readOnlyReason() !== "" || !settings.editable;
    this.dialog = create(
      "dialog",
      { class: "editor", "aria-labelledby": title.id },
      create("header", {}, title, close),
      this.renaming(remove.disabled),
      this.form.element,
      this.problem,
      create("p", { class: "buttons" }, remove),
    );
    this.unsubscribe = settings.subscribe(() => this.render());
    this.dialog.addEventListener("close", () => this.destroy());
    document.body.append(this.dialog);
    this.form.render();
    this.combineChanged(base.view.zones[name]?.combine);
    this.dialog.showModal();
  }

  private addFields(fields: readonly SettingDescription[], boards: Boards): void {
    const { form } = this;
    const changed = (): void => form.changed();
    const add = (key: string, input: (setting: SettingDescription) => Input, fallback?: unknown): void => {
      const setting = fields.find(({ path }) => path.length === 1 && path[0] === key);
      if (setting) form.add({ setting, path: ["zones", this.name, key], input: input(setting), fallback: () => fallback ?? setting.default }); // prettier-ignore
    };
    const plain = (setting: SettingDescription): Input => createInput(setting, changed);
    add("label", plain, this.name);
    add("sensors", () => createBoardList(boards, changed));
    add("lamps", () => createBoardList(boards, changed));
    let combine: Input | undefined;
    add("combine", (setting) => (combine = createInput(setting, () => this.combineChanged(combine!.read()))));
    add("at_least", (setting) => {
      const input = plain(setting);
      // The number has no meaning for another way to combine, and the server would refuse it.
      return { ...input, read: () => (combine?.read() === "at_least" ? input.read() : null) };
    });
    addRuleFields(form, fields.filter(({ path }) => path.length === 1), ["zones", this.name]); // prettier-ignore
    add("hours", () => createHours(fields, changed));
    add("stale_after", plain);
  }

  private combineChanged(combine: unknown): void {
    const field = this.form.element.querySelector<HTMLElement>(`[data-setting$=" > at_least"]`);
    if (field) field.hidden = combine !== "at_least";
    this.form.changed();
  }

  /** Creates the form that changes the short name. */
  private renaming(disabled: boolean): HTMLElement {
    const input = create("input", { id: newId(), value: this.name, autocomplete: "off", spellcheck: "false" });
    const help = create("p", { class: "hint", id: newId() }, message("settings.nameHelp"));
    input.setAttribute("aria-describedby", help.id);
    const save = create("button", { type: "submit" }, message("settings.save"));
    input.disabled = disabled;
    const changed = (): void => {
      save.disabled = disabled || input.value.trim() === this.name;
    };
    input.addEventListener("input", changed);
    changed();
    const row = create("p", { class: "another" }, input, save);
    const form = create("form", { class: "settings-form" }, create("div", { class: "field" }, create("label", { for: input.id }, message("settings.name")), row, help)); // prettier-ignore
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.rename(input.value.trim());
    });
    return form;
  }

  private async rename(name: string): Promise<void> {
    const renamed = await this.attempt("PUT", "/name", { name });
    if (!renamed) return;
    this.dialog.close();
    openZone(name, this.settings, this.boards);
  }

  private async delete(): Promise<void> {
    const question = message("settings.deleteQuestion", { zone: this.name });
    if (!(await confirm(question, message("settings.deleteConsequence"), message("settings.deleteConfirmed")))) return;
    if (await this.attempt("DELETE", "", undefined)) this.dialog.close();
  }

  /** Sends a change of the whole zone, and shows its problem. Returns whether it is saved. */
  private async attempt(method: string, route: string, body: object | undefined): Promise<boolean> {
    const path = ["zones", this.name];
    const { version = this.base } = this.settings;
    try {
      const result = await this.settings.send(method, `/zones/${encodeURIComponent(this.name)}${route}`, body, path, version); // prettier-ignore
      showText(this.problem, result.kind === "invalid" ? sentencesOf(result.problems) : "");
      return result.kind === "saved";
    } catch (e) {
      showText(this.problem, (e as Error).message);
      return false;
    }
  }

  /** Says when somebody else has deleted the zone. The fields stay, so that the person can copy from them. */
  private render(): void {
    const { version } = this.settings;
    if (version && !(this.name in version.view.zones)) showText(this.problem, message("settings.deletedMeanwhile"));
  }

  private destroy(): void {
    this.unsubscribe();
    this.form.destroy();
    this.dialog.remove();
  }
}

/** Returns the name of a zone for people. */
export function labelOfZone({ view }: Version, name: string): string {
  const label = view.zones[name]?.label;
  return typeof label === "string" ? label : name;
}
