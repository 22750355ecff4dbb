/** List of the settings that only a person with an editor can change, with their values and sources. */

import { message } from "../messages/message.js";
import { create } from "./elements.js";
import { showText } from "./form.js";
import type { Settings } from "./store.js";
import { valueText } from "./texts.js";

export class OtherSettings {
  readonly element = create("section", { class: "panel" });
  private readonly list = create("dl");
  private readonly help = create("p", { class: "hint" });
  private readonly unsubscribe: () => void;

  constructor(private readonly settings: Settings) {
    this.element.append(create("details", {}, create("summary", {}, message("settings.others")), this.help, this.list));
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  destroy(): void {
    this.unsubscribe();
  }

  private render(): void {
    const view = this.settings.version?.view;
    if (!view) return;
    showText(this.help, message("settings.othersHelp", { file: view.file?.path ?? "" }));
    this.list.replaceChildren();
    for (const { path, value, origin, editable } of view.settings) {
      if (editable) continue;
      const fixed = origin.from === "flag" || origin.from === "variable";
      const source = fixed ? create("small", {}, message("settings.overridden", { name: origin.name! })) : "";
      this.list.append(
        create("dt", {}, create("code", {}, path.join(" > "))),
        create("dd", {}, valueText(path, value), " ", source),
      );
    }
  }
}
