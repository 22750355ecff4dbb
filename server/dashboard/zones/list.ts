/** List of all zones, with one panel each. */

import type { Boards } from "../boards.js";
import { findPart } from "../dom.js";
import { setEnabled } from "../rights.js";
import type { Editing } from "../settings/editing.js";
import type { Zones } from "../zones.js";
import { ZonePanel } from "./panel.js";

/** Time from a change to the update of the list, in ms. One update shows all changes of this time. */
const UPDATE_DELAY = 200;

export class ZoneList {
  private readonly panels = new Map<string, ZonePanel>();
  private readonly newZone: HTMLButtonElement;
  private readonly place: HTMLElement;
  private timer?: ReturnType<typeof setTimeout>;
  private shown = false;
  /** Name of the zone to scroll to as soon as the zone is loaded. */
  private scrollTarget?: string;

  constructor(
    view: ParentNode,
    private readonly zones: Zones,
    private readonly boards: Boards,
    private readonly editing: Editing,
  ) {
    this.place = findPart(view, "zones", HTMLElement);
    this.newZone = findPart(view, "new-zone", HTMLButtonElement);
    this.newZone.addEventListener("click", () => editing.editors?.openNewZoneDialog(editing.settings, boards));
    editing.subscribe(() => this.requestRender());
    zones.subscribe(() => this.requestRender());
    boards.subscribe({ changed: () => this.requestRender(), removed: () => this.requestRender() });
  }

  /** Shows or hides the list. @param name zone to scroll to */
  show(shown: boolean, name?: string): void {
    this.shown = shown;
    this.scrollTarget = name;
    if (shown) this.render();
  }

  /** Schedules an update of the list, if it is shown. Combines all changes within `UPDATE_DELAY`. */
  requestRender(): void {
    if (!this.shown || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.shown) this.render();
    }, UPDATE_DELAY);
  }

  private render(): void {
    const { editors, settings } = this.editing;
    setEnabled(this.newZone, editors !== undefined && settings.isEditable);
    for (const [name, panel] of this.panels) {
      if (this.zones.get(name)) continue;
      panel.destroy();
      this.panels.delete(name);
    }
    let last: Element | null = null;
    for (const { name } of this.zones.all) {
      let panel = this.panels.get(name);
      if (!panel) this.panels.set(name, (panel = new ZonePanel(name, this.zones, this.boards, this.editing)));
      const next: Element | null = last ? last.nextElementSibling : this.place.firstElementChild;
      if (next !== panel.element) this.place.insertBefore(panel.element, next);
      last = panel.element;
      panel.render();
    }
    const wanted = this.scrollTarget === undefined ? undefined : this.panels.get(this.scrollTarget);
    if (!wanted) return;
    this.scrollTarget = undefined;
    wanted.focus();
  }
}
