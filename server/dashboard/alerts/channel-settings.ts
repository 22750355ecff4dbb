/** Form for the settings of alerts: where they are sent, and how long a problem must last. */

import { showCopyableText } from "../add-board/secret.js";
import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import type { SettingDescription, SettingsVersion } from "../settings/client.js";
import { buildElement, createButton } from "../settings/elements.js";
import { Form } from "../settings/form.js";
import { createInput, type SettingInput } from "../settings/inputs.js";
import { showNotes } from "../settings/notes.js";
import { createSecretInput } from "../settings/secret-input.js";
import type { SettingsStore } from "../settings/store.js";
import { labelOf } from "../settings/texts.js";

/** Names of the settings in the form, in the order of their fields. */
const SETTING_NAMES = ["ntfy", "webhook", "after", "page"];

/** Letters and digits for a topic that nobody can guess, without those that look alike. */
const TOPIC_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** Returns the URL of a random ntfy topic that nobody can guess. */
function createTopicUrl(): string {
  const letters = Array.from(
    crypto.getRandomValues(new Uint8Array(12)),
    (byte) => TOPIC_LETTERS[byte % TOPIC_LETTERS.length],
  );
  return `https://ntfy.sh/nightlight-${letters.join("")}`;
}

export class ChannelSettings {
  private readonly notes = buildElement("div", { class: "settings-notes" });
  private readonly form: Form;
  private readonly unsubscribe: () => void;
  private created = false;

  constructor(
    private readonly place: HTMLElement,
    private readonly settings: SettingsStore,
  ) {
    this.form = new Form(settings);
    place.append(this.notes);
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  destroy(): void {
    this.unsubscribe();
    this.form.destroy();
  }

  private render(): void {
    const { version } = this.settings;
    showNotes(this.notes, this.settings);
    if (getReadOnlyReason()) this.notes.append(buildElement("p", { class: "hint" }, getReadOnlyReason()));
    if (!this.created && version && version.view.settings.length > 0) this.createFields(version);
  }

  private createFields(version: SettingsVersion): void {
    this.created = true;
    for (const name of SETTING_NAMES) {
      const setting = version.view.settings.find(({ path }) => path[0] === "alerts" && path[1] === name);
      if (setting?.editable) this.addField(name, setting);
      else if (setting) this.addOverriddenNote(setting, setting.origin.name ?? "");
    }
    if (this.form.size === 0) return;
    this.place.append(this.form.element);
    this.form.render();
  }

  private addField(name: string, setting: SettingDescription): void {
    const entered = buildElement("div", { class: "entered", hidden: true });
    const input = name === "ntfy" ? this.createTopicInput(setting, entered) : this.createPlainInput(name, setting);
    const field = this.form.addField({
      setting,
      path: setting.path.map(String),
      input,
      fallback: () => setting.default,
    });
    field.append(entered);
  }

  private createPlainInput(name: string, setting: SettingDescription): SettingInput {
    const create = name === "webhook" ? createSecretInput : createInput;
    return create(setting, () => this.form.handleChange());
  }

  /** Creates the input of the topic. `entered` shows the topic even after saving, for the user to subscribe to. */
  private createTopicInput(setting: SettingDescription, entered: HTMLElement): SettingInput {
    const place = buildElement("div");
    entered.append(buildElement("p", { class: "hint" }, message("alerts.subscribe")), place);
    const input = createSecretInput(setting, () => {
      if (input.entered()) showCopyableText(place, input.entered());
      entered.hidden = input.entered() === "";
      this.form.handleChange();
    });
    const propose = createButton(message("alerts.propose"), () => input.enter(createTopicUrl()));
    input.element.append(propose);
    return {
      ...input,
      handleDiscard: () => (entered.hidden = true),
      setDisabled(disabled) {
        input.setDisabled(disabled);
        propose.disabled = disabled;
      },
    };
  }

  private addOverriddenNote({ path }: SettingDescription, source: string): void {
    this.place.append(
      buildElement(
        "p",
        {},
        labelOf(path),
        " ",
        buildElement("small", {}, message("settings.overridden", { name: source })),
      ),
    );
  }
}
