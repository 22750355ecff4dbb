/** Client-side router: shows the view that the URL's hash names, such as all boards, all zones, or one board. */

import { BoardPage } from "./board/page.js";
import type { Boards } from "./boards.js";
import { setAttribute, findPart, setText } from "./dom.js";
import { message } from "./messages/message.js";
import type { Editing } from "./settings/editing.js";
import { LAZY_VIEW_NAMES, LazyViews } from "./lazy-view.js";
import { parseRoute, type Route } from "./route.js";
import { askToDiscard, guardPage, hasUnsavedChanges } from "./unsaved.js";
import { ZoneList } from "./zones/list.js";
import type { Zones } from "./zones.js";

const VIEW_NAMES = ["boards", "zones", "board", "help"] as const;
/** Views with a link in the header. */
const LINKED_VIEWS = ["boards", "zones", "help", ...LAZY_VIEW_NAMES] as const;

export class Views {
  private readonly places = Object.fromEntries(
    VIEW_NAMES.map((name) => [name, findPart(document, `${name}-view`, HTMLElement)]),
  ) as Record<(typeof VIEW_NAMES)[number], HTMLElement>;
  private readonly links = LINKED_VIEWS.map(
    (name) => [name, findPart(document, `${name}-link`, HTMLAnchorElement)] as const,
  );
  private readonly unknown = findPart(document, "unknown", HTMLElement);
  private readonly list: ZoneList;
  private readonly lazy: LazyViews;
  private route: Route = { view: "boards" };
  private board?: BoardPage;
  private isLoaded = false;
  /** Whether the user has agreed to discard unsaved changes. */
  private isLeaving = false;
  /** Scroll position of the overview when the user left it, in px; restored when the user returns. */
  private scrolled = 0;

  /** @param focusCard moves the focus to a board's card */
  constructor(
    private readonly boards: Boards,
    private readonly zones: Zones,
    private readonly editing: Editing,
    private readonly focusCard: (id: string) => void,
  ) {
    this.lazy = new LazyViews(findPart(document, "lazy-view", HTMLElement), boards, editing);
    this.list = new ZoneList(findPart(document, "zones-view", HTMLElement), zones, boards, editing);
    addEventListener("hashchange", (event) => void this.followHash(event.oldURL));
    guardPage();
    zones.subscribe(() => this.handleZoneChanges());
    boards.subscribe({
      changed: (model) => {
        if (this.route.view === "board" && !this.board && this.route.id === model.id) this.openBoard(model.id);
      },
    });
    history.scrollRestoration = "manual";
    this.showRoute(parseRoute(location.hash));
  }

  /**
   * Opens the board page that the URL names, or reloads its history after a reconnect. Must be called when all boards
   * are loaded.
   */
  handleBoardsLoaded(): void {
    const first = !this.isLoaded;
    this.isLoaded = true;
    if (this.route.view === "board" && !this.board) this.openBoard(this.route.id);
    else if (!first) this.board?.reload();
  }

  /** Reloads the history on a board's page, if that page is open. */
  reloadHistory(id: string): void {
    if (this.route.view === "board" && this.route.id === id) this.board?.reload();
  }

  tick(): void {
    this.board?.tick();
  }

  updateTimeTexts(): void {
    this.board?.updateTimeTexts();
    this.list.requestRender();
  }

  recolor(): void {
    this.board?.recolor();
  }

  /** Shows the view in the URL's hash. If the user would lose unsaved changes, asks first and stays at the old URL. */
  private async followHash(oldUrl: string): Promise<void> {
    const { hash } = location;
    if (hasUnsavedChanges() && !this.isLeaving) {
      history.replaceState(history.state, "", oldUrl);
      if (!(await askToDiscard())) return;
      this.isLeaving = true;
      location.hash = hash;
      return;
    }
    this.isLeaving = false;
    for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog.editor")) dialog.close();
    this.showRoute(parseRoute(hash));
  }

  private showRoute(route: Route): void {
    const before = this.route;
    if (before.view === "boards" && route.view !== "boards") this.scrolled = scrollY;
    this.route = route;
    this.closeBoard();
    void this.lazy.show(LAZY_VIEW_NAMES.find((name) => name === route.view));
    for (const name of VIEW_NAMES) this.places[name].hidden = name !== route.view;
    for (const [name, link] of this.links) {
      if (name === route.view) setAttribute(link, "aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    scrollTo(0, route.view === "boards" ? this.scrolled : 0);
    this.list.show(route.view === "zones", route.view === "zones" ? route.name : undefined);
    document.title = titleOf(route.view);
    if (route.view === "zones" || route.view === "board" || route.view === "settings" || route.view === "alerts")
      this.editing.ensureLoaded();
    if (route.view === "help") findPart(document, "help-title", HTMLElement).focus({ preventScroll: true });
    if (route.view === "board") this.openBoard(route.id);
    else if (route.view === "boards" && before.view === "board") this.focusCard(before.id);
  }

  private openBoard(id: string): void {
    this.closeBoard();
    const model = this.boards.get(id);
    document.title = message("page.titleOf", { view: model?.label ?? id });
    if (model) {
      const showAllBoards = () => {
        location.hash = "#/";
      };
      const place = findPart(document, "board-place", HTMLElement);
      this.board = new BoardPage(place, model, this.boards, this.zones, this.editing, showAllBoards);
      this.board.focus();
    } else if (this.isLoaded) {
      this.unknown.hidden = false;
      setText(findPart(this.unknown, "unknown-id", HTMLElement), id);
    }
  }

  private closeBoard(): void {
    this.board?.destroy();
    this.board = undefined;
    this.unknown.hidden = true;
  }

  private handleZoneChanges(): void {
    findPart(document, "no-zones", HTMLElement).hidden = this.zones.size > 0;
  }
}

/** Returns the title of the window for a view other than a board's page. */
function titleOf(view: Route["view"]): string {
  switch (view) {
    case "zones":
      return message("page.titleOf", { view: message("page.zones") });
    case "people":
      return message("page.titleOf", { view: message("page.people") });
    case "settings":
      return message("page.titleOf", { view: message("settings.title") });
    case "add-board":
      return message("page.titleOf", { view: message("page.addBoard") });
    case "alerts":
      return message("page.titleOf", { view: message("page.alerts") });
    case "help":
      return message("page.titleOf", { view: message("page.help") });
    default:
      return "Nightlight";
  }
}
