/** View of the server's settings. */

import type { Boards } from "../boards.js";
import { message } from "../messages/message.js";
import { BoardNames } from "./board-names.js";
import type { SettingsVersion } from "./client.js";
import type { Editing } from "./editing.js";
import { buildElement } from "./elements.js";
import { Form } from "./form.js";
import { createInput } from "./inputs.js";
import { showNotes } from "./notes.js";
import { OtherSettings } from "./other-settings.js";
import type { SettingsStore } from "./store.js";
import { defaultOf } from "./values.js";
import { ZoneButtons } from "./zone-buttons.js";

/** The sections of the view. Each has the first key of its settings' paths, and the message key of its title. */
const SECTIONS = [
  ["rule", "settings.common"],
  ["reporting", "settings.reporting"],
  ["history", "settings.history"],
  ["home_assistant", "settings.homeAssistant"],
] as const;

/** Opens the view in `place`. Returns a function that closes it. */
export function openView(place: HTMLElement, boards: Boards, { settings }: Editing): () => void {
  const view = new SettingsPage(place, boards, settings);
  return () => view.destroy();
}

class SettingsPage {
  private readonly notes = buildElement("div", { class: "settings-notes" });
  private readonly sections = buildElement("div", { class: "settings-sections" });
  private readonly parts: { destroy(): void }[] = [];
  private readonly unsubscribe: () => void;
  private created = false;

  constructor(
    place: HTMLElement,
    private readonly boards: Boards,
    private readonly settings: SettingsStore,
  ) {
    const title = buildElement("h2", { tabindex: -1 }, message("settings.title"));
    place.replaceChildren(title, this.notes, this.sections);
    title.focus({ preventScroll: true });
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  destroy(): void {
    this.unsubscribe();
    for (const part of this.parts) part.destroy();
  }

  private render(): void {
    const { version } = this.settings;
    showNotes(this.notes, this.settings);
    if (!this.created && version && version.view.settings.length > 0) this.createSections(version);
  }

  private createSections(version: SettingsVersion): void {
    const { settings, boards, parts } = this;
    this.created = true;
    const [names, zones, others] = [new BoardNames(settings, boards), new ZoneButtons(settings, boards), new OtherSettings(settings)]; // prettier-ignore
    parts.push(names, zones, others);
    this.sections.append(names.element, zones.element);
    for (const [key, title] of SECTIONS) this.addSection(key, message(title), version);
    this.sections.append(others.element);
  }

  private addSection(key: string, title: string, version: SettingsVersion): void {
    const form = new Form(this.settings);
    this.parts.push(form);
    for (const setting of version.view.settings) {
      if (setting.path[0] !== key || !setting.editable) continue;
      form.addField({
        setting,
        path: setting.path.map(String),
        input: createInput(setting, () => form.handleChange()),
        fallback: (current) => defaultOf(setting, current),
      });
    }
    if (form.size === 0) return; // flags or environment variables set all settings of this section
    const section = buildElement("section", { class: "panel" }, buildElement("h3", {}, title));
    if (key === "rule") section.append(buildElement("p", { class: "hint" }, message("settings.commonHelp")));
    section.append(form.element);
    this.sections.append(section);
    form.render();
  }
}
