/** Views that the page loads only when somebody opens them, so that the first load stays small. */

import type { Boards } from "./boards.js";
import { createElement, findPart } from "./dom.js";
import { insertMessages } from "./messages/insert.js";
import { message } from "./messages/message.js";

/** Closes a view: removes its listeners. */
export type CloseView = () => void;

/** A module with a view. It finds its templates in the document. */
interface ViewModule {
  open(place: HTMLElement, boards: Boards): CloseView;
}

const MODULES = {
  people: () => import("./people/view.js"),
  "add-board": () => import("./add-board/view.js"),
  alerts: () => import("./alerts/view.js"),
} as const satisfies Record<string, () => Promise<ViewModule>>;

export type LazyView = keyof typeof MODULES;

/** Names of the views that are loaded when they are opened. */
export const LAZY_VIEWS = Object.keys(MODULES) as LazyView[];

let parts: Promise<void> | undefined;

/** Shows one lazily loaded view at a time. */
export class LazyViews {
  private current?: LazyView;
  private close?: CloseView;

  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
  ) {}

  /** Opens a view, or closes the open one. If it cannot be loaded, shows why. */
  async show(view: LazyView | undefined): Promise<void> {
    this.close?.();
    this.close = undefined;
    this.place.replaceChildren();
    this.place.hidden = view === undefined;
    this.current = view;
    if (view === undefined) return;
    try {
      parts ??= loadParts();
      const [module] = await Promise.all([MODULES[view](), parts]);
      // the user may have left the view while it was loading
      if (this.current === view && !this.close) this.close = module.open(this.place, this.boards);
    } catch {
      parts = undefined;
      if (this.current === view) this.place.replaceChildren(createElement("p", message("page.incomplete")));
    }
  }
}

/** Loads style and templates of the lazily loaded views. */
async function loadParts(): Promise<void> {
  const response = await fetch("manage.html");
  if (!response.ok) throw new Error(`manage.html: ${response.status}`);
  const html = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const template of html.querySelectorAll("template")) {
    insertMessages(template.content);
    document.body.append(document.adoptNode(template));
  }
  await loadStyle("manage.css");
  findPart(document, "secret-template", HTMLTemplateElement);
}

function loadStyle(href: string): Promise<void> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error(href)));
    document.head.append(link);
  });
}
