/** Section of a board's page with the settings of the board: its name and its rule. */

import { message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import type { Zones } from "../zones.js";
import { buildElement } from "./elements.js";
import { Form } from "./form.js";
import { createInput } from "./inputs.js";
import { addRuleFields } from "./rule-fields.js";
import type { SettingsStore } from "./store.js";

export class BoardSettings {
  private readonly form: Form;
  private readonly zoneNote = buildElement("p", { class: "hint" });
  private readonly unsubscribe: () => void;
  private created = false;

  constructor(
    private readonly place: HTMLElement,
    private readonly model: BoardModel,
    private readonly zones: Zones,
    private readonly settings: SettingsStore,
  ) {
    this.form = new Form(settings);
    place.append(buildElement("h3", {}, message("settings.boardTitle")), this.zoneNote, this.form.element);
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  render(): void {
    const { version } = this.settings;
    const label = version?.view.fields.device.find(({ path }) => path[0] === "label");
    this.place.hidden = !label;
    if (!version || !label) return;
    const zone = this.model.device?.zone ?? null;
    this.zoneNote.hidden = zone === null;
    if (zone !== null)
      this.zoneNote.textContent = message("settings.ruleOfZone", { zone: this.zones.get(zone)?.label ?? zone });
    if (this.created) return;
    this.created = true;
    const { id } = this.model;
    const fields = version.view.fields.device;
    this.form.addField({
      setting: label,
      path: ["devices", id, "label"],
      input: createInput(label, () => this.form.handleChange()),
      fallback: () => id,
    });
    addRuleFields(this.form, fields, ["devices", id, "rule"]);
    this.form.render();
  }

  destroy(): void {
    this.unsubscribe();
    this.form.destroy();
  }
}
