/** Form with the names of all boards. */

import type { Boards } from "../boards.js";
import { compareTexts } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { buildElement } from "./elements.js";
import { Form } from "./form.js";
import { createInput } from "./inputs.js";
import type { SettingsStore } from "./store.js";

export class BoardNames {
  readonly element = buildElement("section", { class: "panel" }, buildElement("h3", {}, message("page.boards")));
  private readonly form: Form;
  private readonly none = buildElement("p", { class: "none" }, message("overview.noBoard"));
  /** The elements of the fields, by the ids of their boards. */
  private readonly known = new Map<string, HTMLElement>();
  private readonly stops: (() => void)[];
  private timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly settings: SettingsStore,
    private readonly boards: Boards,
  ) {
    this.form = new Form(settings);
    this.form.element.classList.add("names");
    this.element.append(
      buildElement("p", { class: "hint" }, message("settings.boardNamesHelp")),
      this.none,
      this.form.element,
    );
    this.stops = [settings.subscribe(() => this.render()), boards.subscribe({ changed: () => this.requestRender() })];
    this.render();
  }

  destroy(): void {
    clearTimeout(this.timer);
    for (const stop of this.stops) stop();
    this.form.destroy();
  }

  /** Schedules a check for new boards. The check is delayed, because boards change often but new boards are rare. */
  private requestRender(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.render();
    }, 500);
  }

  /** Adds a field for each board that has none yet. */
  private render(): void {
    const { version } = this.settings;
    const setting = version?.view.fields.device.find(({ path }) => path.join() === "label");
    if (!version || !setting) return;
    const ids = Array.from(this.boards.all, ({ id }) => id).concat(Object.keys(version.view.devices));
    const missing = [...new Set(ids)].filter((id) => !this.known.has(id)).sort(compareTexts);
    for (const id of missing) {
      const field = this.form.addField({
        setting,
        label: id,
        path: ["devices", id, "label"],
        input: createInput(setting, () => this.form.handleChange()),
        fallback: () => undefined,
      });
      this.known.set(id, field);
    }
    this.none.hidden = this.known.size > 0;
    this.form.element.hidden = this.known.size === 0;
    if (missing.length === 0) return;
    this.sortFields(missing);
    this.form.render();
  }

  /** Moves new fields to their places in the alphabet. The others stay, because moving a field would take its focus. */
  private sortFields(added: readonly string[]): void {
    const sorted = [...this.known.keys()].sort(compareTexts);
    const moved = new Set(added);
    for (let i = sorted.length - 2; i >= 0; i--)
      if (moved.has(sorted[i])) this.known.get(sorted[i + 1])!.before(this.known.get(sorted[i])!);
  }
}
