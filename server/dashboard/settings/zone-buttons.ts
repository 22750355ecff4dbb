/** List of the zones, each with a button that opens its settings, and a button that creates a zone. */

import type { Boards } from "../boards.js";
import { message } from "../messages/message.js";
import { setEnabled } from "../rights.js";
import { buildElement, createButton } from "./elements.js";
import { openNewZoneDialog } from "./new-zone.js";
import type { SettingsStore } from "./store.js";
import { labelOfZone, openZoneDialog } from "./zone-dialog.js";

export class ZoneButtons {
  readonly element = buildElement("section", { class: "panel" }, buildElement("h3", {}, message("page.zones")));
  private readonly list = buildElement("ul", { class: "zone-list" });
  private readonly none = buildElement("p", { class: "none" }, message("zones.noZones"));
  private readonly newZone: HTMLButtonElement;
  private readonly unsubscribe: () => void;
  /** The rendered names and labels, to detect changes. */
  private rendered = "";

  constructor(
    private readonly settings: SettingsStore,
    private readonly boards: Boards,
  ) {
    this.newZone = createButton(message("settings.newZone"), () => openNewZoneDialog(settings, boards));
    const buttons = buildElement("p", { class: "zone-tools" }, this.newZone);
    this.element.append(
      buildElement("p", { class: "hint" }, message("settings.zonesHelp")),
      this.none,
      this.list,
      buttons,
    );
    this.unsubscribe = settings.subscribe(() => this.render());
    this.render();
  }

  destroy(): void {
    this.unsubscribe();
  }

  private render(): void {
    const { settings, boards } = this;
    const { version } = settings;
    if (!version) return;
    setEnabled(this.newZone, settings.isEditable);
    const zones = Object.keys(version.view.zones).map((name) => [name, labelOfZone(version, name)] as const);
    this.none.hidden = zones.length > 0;
    if (JSON.stringify(zones) === this.rendered) return; // rendering takes the focus from a button
    this.rendered = JSON.stringify(zones);
    this.list.replaceChildren(
      ...zones.map(([name, label]) => {
        const named = { "aria-label": message("settings.editZoneNamed", { zone: label }) };
        const edit = createButton(message("settings.editZone"), () => openZoneDialog(name, settings, boards), named);
        return buildElement("li", {}, buildElement("span", {}, label), edit);
      }),
    );
  }
}
