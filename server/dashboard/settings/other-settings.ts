/** List of the settings that can be changed only outside of the dashboard, with their values and sources. */

import { message } from "../messages/message.js";
import { buildElement } from "./elements.js";
import { showOrHideText } from "./form.js";
import type { SettingsStore } from "./store.js";
import { valueText } from "./texts.js";

export class OtherSettings {
  readonly element = buildElement("section", { class: "panel" });
  private readonly list = buildElement("dl");
  private readonly help = buildElement("p", { class: "hint" });
  private readonly unsubscribe: () => void;

  constructor(private readonly settings: SettingsStore) {
    this.element.append(
      buildElement("details", {}, buildElement("summary", {}, message("settings.others")), this.help, this.list),
    );
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  destroy(): void {
    this.unsubscribe();
  }

  private render(): void {
    const view = this.settings.version?.view;
    if (!view) return;
    showOrHideText(this.help, message("settings.othersHelp", { file: view.file?.path ?? "" }));
    this.list.replaceChildren();
    for (const { path, value, origin, editable } of view.settings) {
      if (editable) continue;
      const fixed = origin.from === "flag" || origin.from === "variable";
      const source = fixed ? buildElement("small", {}, message("settings.overridden", { name: origin.name! })) : "";
      this.list.append(
        buildElement("dt", {}, buildElement("code", {}, path.join(" > "))),
        buildElement("dd", {}, valueText(path, value), " ", source),
      );
    }
  }
}
