/**
 * Grid with the cards of all boards. Updates cards in small time slices per animation frame, visible ones first, so that
 * a page with hundreds of boards stays smooth.
 */

import type { Boards } from "../boards.js";
import { now } from "../clock.js";
import type { BoardModel } from "../model.js";
import { type Palette, readPalette } from "../palette.js";
import type { Zones } from "../zones.js";
import { arrangeBoards, type BoardGroup, type Arrangement } from "./arrange.js";
import { Card } from "./card.js";
import { CardGroups } from "./groups.js";

/** Time per animation frame for updates of cards that are not visible, in ms. A frame has 16 ms. */
const FRAME_BUDGET = 6;

/** Shortest time between two rearrangements of the cards after changes of boards, in ms. */
const ARRANGE_INTERVAL = 1000;
/** Shortest time in ms between two rearrangements when cards are sorted by light, which changes constantly. */
const SORT_BY_LIGHT_INTERVAL = 5000;

/** Largest number of cards that one search creates at once, for boards that have no card yet. */
const MAX_NEW_MATCHES = 40;

export class CardGrid {
  private readonly cards = new Map<string, Card>();
  private readonly dirty = new Set<string>();
  private readonly visible = new Set<Card>();
  private readonly byElement = new WeakMap<Element, Card>();
  private readonly observer = new IntersectionObserver((entries) => this.handleVisibility(entries), {
    rootMargin: "200px",
  });
  private readonly sizes = new ResizeObserver((entries) => this.handleResize(entries));
  private readonly groups: CardGroups;
  private colors: Palette = readPalette();
  private arrangement: Arrangement = { search: "", show: "all", sort: "name" };
  private frame = 0;
  private plotsDue = true;
  /** When the cards were last arranged, by `performance.now()`. */
  private lastArranged = -Infinity;
  /** Time of the last rearrangement that was allowed to move existing cards, by `performance.now()`. */
  private lastSorted = -Infinity;
  /** Whether boards have changed since the cards were arranged. */
  private changed = false;
  /** When the connection to the server was lost, in ms by the server's clock; undefined while connected. */
  private lostAt?: number;

  /**
   * @param onVisible called when a board's card becomes visible, and for all visible cards after a reconnect
   * @param onCount called with the number of boards that match the filter and the search
   */
  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
    private readonly zones: Zones,
    private readonly onVisible: (model: BoardModel) => void,
    private readonly onCount: (count: number) => void,
  ) {
    this.groups = new CardGroups(place);
    boards.subscribe({
      changed: (model) => {
        this.dirty.add(model.id);
        this.changed = true;
        this.requestFrame();
      },
      removed: (model) => this.removeCard(model.id),
    });
    zones.subscribe(() => this.requestArrangement());
  }

  /** Applies a filter and sort order. */
  setArrangement(view: Arrangement): void {
    this.arrangement = view;
    this.requestArrangement();
  }

  /** Requests a redraw of the visible plots in the next animation frame. */
  tick(): void {
    this.plotsDue = true;
    if (this.visible.size > 0 || this.changed) this.requestFrame();
  }

  /** Redraws a board's plot and its text alternative. Must be called when stored readings were added to the plot. */
  handleHistoryLoaded(model: BoardModel): void {
    this.cards.get(model.id)?.updateTextAlternative();
    this.tick();
  }

  /** Updates texts of visible cards that depend on the current time, such as the remaining time of an override. */
  updateTimeTexts(): void {
    for (const card of this.visible) {
      card.updateTextAlternative();
      card.render();
    }
  }

  /** Sets when the connection was lost, in ms by the server's clock; undefined when it is restored. */
  setLostAt(lost: number | undefined): void {
    this.lostAt = lost;
    if (lost === undefined) for (const card of this.visible) this.onVisible(card.model);
  }

  /** Redraws the visible plots in the current color scheme. Must be called when the color scheme changes. */
  recolor(): void {
    this.colors = readPalette();
    this.tick();
  }

  /** Moves the focus to a board's card, if it exists. */
  focus(id: string): void {
    this.cards.get(id)?.focus();
  }

  private requestArrangement(): void {
    this.lastArranged = -Infinity;
    this.requestFrame();
  }

  private requestFrame(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.processFrame());
  }

  private processFrame(): void {
    this.frame = 0;
    for (const card of this.visible) if (this.dirty.delete(card.model.id)) card.render();
    if (this.plotsDue) for (const card of this.visible) card.draw(this.lostAt ?? now(), this.colors);
    this.plotsDue = false;

    const end = performance.now() + FRAME_BUDGET;
    for (const id of this.dirty) {
      if (performance.now() > end) {
        this.requestFrame();
        break;
      }
      this.dirty.delete(id);
      (this.cards.get(id) ?? this.addCard(id)).render();
    }
    this.arrangeCards();
  }

  private arrangeCards(): void {
    const at = performance.now();
    const requested = this.lastArranged === -Infinity;
    if (!requested && (!this.changed || at - this.lastArranged < ARRANGE_INTERVAL)) return;
    // Boards whose cards do not exist yet need another rearrangement.
    this.changed = this.dirty.size > 0;
    this.lastArranged = at;
    const byLight = this.arrangement.sort === "darkest" || this.arrangement.sort === "brightest";
    const inUse = this.place.matches(":hover, :focus-within");
    const still = !requested && (inUse || (byLight && at - this.lastSorted < SORT_BY_LIGHT_INTERVAL));
    if (!still) this.lastSorted = at;
    const groups = arrangeBoards(this.boards.all, this.zones.all, this.arrangement);
    if (this.arrangement.search.trim() !== "") this.addMatches(groups);
    this.groups.show(groups, (id) => this.cards.get(id)?.element, still, this.zones.size > 0);
    this.place.dataset.named = String([...this.boards.all].some(({ id, label }) => label !== id));
    this.onCount(groups.reduce((sum, group) => sum + group.boards.length, 0));
  }

  /** Creates the missing cards of boards that a search has found, before the cards of other boards. */
  private addMatches(groups: readonly BoardGroup[]): void {
    const missing = groups.flatMap(({ boards }) => boards).filter(({ id }) => !this.cards.has(id));
    for (const { id } of missing.slice(0, MAX_NEW_MATCHES)) {
      this.addCard(id).render();
      this.dirty.delete(id);
    }
  }

  private addCard(id: string): Card {
    const card = new Card(this.boards.get(id)!, this.boards, this.zones);
    this.cards.set(id, card);
    for (const element of [card.element, card.canvas]) this.byElement.set(element, card);
    this.observer.observe(card.element);
    this.sizes.observe(card.canvas);
    // After the last new card, rearrange at once. While more new cards are waiting, rearrange only at intervals.
    if (this.dirty.size === 0) this.requestArrangement();
    return card;
  }

  private removeCard(id: string): void {
    this.dirty.delete(id);
    const card = this.cards.get(id);
    if (!card) return;
    this.cards.delete(id);
    this.visible.delete(card);
    this.observer.unobserve(card.element);
    this.sizes.unobserve(card.canvas);
    card.element.remove();
    this.requestArrangement();
  }

  private handleResize(entries: ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries)
      if (contentRect.width > 0) this.byElement.get(target)!.size = contentRect;
    this.tick();
  }

  private handleVisibility(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const card = this.byElement.get(target)!;
      if (!isIntersecting) this.visible.delete(card);
      else if (this.cards.get(card.model.id) === card && !this.visible.has(card)) {
        this.visible.add(card);
        this.onVisible(card.model);
        card.updateTextAlternative();
      }
    }
    this.tick();
  }
}
