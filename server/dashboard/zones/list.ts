/** All zones, one panel each. */

import type { Boards } from "../boards.js";
import type { Zones } from "../zones.js";
import { Panel } from "./panel.js";

/** Changes of so many ms are shown together. */
const SOON = 200;

export class ZoneList {
  private readonly panels = new Map<string, Panel>();
  private timer = 0;
  private shown = false;
  /** The zone to go to as soon as it is there. */
  private wanted?: string;

  constructor(
    private readonly place: HTMLElement,
    private readonly zones: Zones,
    private readonly boards: Boards,
  ) {
    zones.watch(() => this.request());
    boards.watch({ changed: () => this.request(), removed: () => this.request() });
  }

  /** Shows them, at the zone of this name when there is one; or stops doing so. */
  show(shown: boolean, name?: string): void {
    this.shown = shown;
    this.wanted = name;
    if (shown) this.render();
  }

  /** Has them shown anew, soon. */
  request(): void {
    if (!this.shown || this.timer !== 0) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      if (this.shown) this.render();
    }, SOON);
  }

  private render(): void {
    for (const [name, panel] of this.panels) {
      if (this.zones.get(name)) continue;
      panel.element.remove();
      this.panels.delete(name);
    }
    let last: Element | null = null;
    for (const { name } of this.zones.all) {
      let panel = this.panels.get(name);
      if (!panel) this.panels.set(name, (panel = new Panel(name, this.zones, this.boards)));
      const next: Element | null = last ? last.nextElementSibling : this.place.firstElementChild;
      if (next !== panel.element) this.place.insertBefore(panel.element, next);
      last = panel.element;
      panel.render();
    }
    const wanted = this.wanted === undefined ? undefined : this.panels.get(this.wanted);
    if (!wanted) return;
    this.wanted = undefined;
    wanted.focus();
  }
}
