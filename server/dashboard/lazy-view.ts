/** Views that the page loads only when somebody opens them, so that the first load stays small. */

import type { Boards } from "./boards.js";
import { createElement } from "./dom.js";
import { loadLazyParts } from "./lazy-parts.js";
import { message } from "./messages/message.js";
import type { Editing } from "./settings/editing.js";

/** A function that closes a view and removes its listeners. */
export type CloseView = () => void;

/** A module that opens a view. The templates of the view must be in the document. */
interface ViewModule {
  openView(place: HTMLElement, boards: Boards, editing: Editing): CloseView;
}

const MODULES = {
  people: () => import("./people/view.js"),
  settings: () => import("./settings/view.js"),
  "add-board": () => import("./add-board/view.js"),
  alerts: () => import("./alerts/view.js"),
} as const satisfies Record<string, () => Promise<ViewModule>>;

export type LazyViewName = keyof typeof MODULES;

/** Names of the views that are loaded when they are opened. */
export const LAZY_VIEW_NAMES = Object.keys(MODULES) as LazyViewName[];

/** Shows one lazily loaded view at a time. */
export class LazyViews {
  private current?: LazyViewName;
  private close?: CloseView;

  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
    private readonly editing: Editing,
  ) {}

  /** Opens `view`, or only closes the open view if `view` is undefined. If a view cannot be loaded, shows why. */
  async show(view: LazyViewName | undefined): Promise<void> {
    this.close?.();
    this.close = undefined;
    this.place.replaceChildren();
    this.place.hidden = view === undefined;
    this.current = view;
    if (view === undefined) return;
    try {
      const [module] = await Promise.all([MODULES[view](), loadLazyParts()]);
      // the user may have left the view while it was loading
      if (this.current !== view || this.close) return;
      // Give each view its own element: a view that still waits for the server must not change the next view.
      const ownPlace = document.createElement("div");
      this.place.replaceChildren(ownPlace);
      this.close = module.openView(ownPlace, this.boards, this.editing);
    } catch {
      if (this.current === view) this.place.replaceChildren(createElement("p", message("page.incomplete")));
    }
  }
}
