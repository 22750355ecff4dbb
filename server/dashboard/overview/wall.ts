/**
 * All cards, and the work that keeps them up to date: a little in each frame, what can be seen first. So a page with
 * hundreds of boards stays smooth.
 */

import type { Boards } from "../boards.js";
import { now } from "../clock.js";
import type { BoardModel } from "../model.js";
import { type Palette, palette } from "../palette.js";
import type { Zones } from "../zones.js";
import { arrange, type View } from "./arrange.js";
import { Card } from "./card.js";
import { Groups } from "./groups.js";

/** Of a frame's 16 ms so much goes to work that can wait. */
const BUDGET = 6;

/** How often cards come, go and move because boards have changed, in ms; by light, which always changes, they move rarely. */
const ARRANGE = 1000;
const ORDER_BY_LIGHT = 5000;

export class Wall {
  private readonly cards = new Map<string, Card>();
  private readonly dirty = new Set<string>();
  private readonly visible = new Set<Card>();
  private readonly byElement = new WeakMap<Element, Card>();
  private readonly observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "200px" });
  private readonly sizes = new ResizeObserver((entries) => this.resized(entries));
  private readonly groups: Groups;
  private colours: Palette = palette();
  private view: View = { search: "", show: "all", sort: "name" };
  private frame = 0;
  private plotsDue = true;
  /** When cards took their places, by `performance.now()`, and when those that were there could move. */
  private arranged = -Infinity;
  private ordered = -Infinity;
  /** Whether boards have changed since then. */
  private unsettled = false;
  private lost?: number;

  /**
   * `appeared`: a board came into view, or is in view when the connection comes back. `found`: so many boards are shown
   * as the view wants.
   */
  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
    private readonly zones: Zones,
    private readonly appeared: (model: BoardModel) => void,
    private readonly found: (count: number) => void,
  ) {
    this.groups = new Groups(place);
    boards.watch({
      changed: (model) => {
        this.dirty.add(model.id);
        this.unsettled = true;
        this.request();
      },
      removed: (model) => this.remove(model.id),
    });
    zones.watch(() => this.arrangeSoon());
  }

  /** Shows what a person wants to see. */
  setView(view: View): void {
    this.view = view;
    this.arrangeSoon();
  }

  /** Draws the plots of the cards in view anew. */
  tick(): void {
    this.plotsDue = true;
    if (this.visible.size > 0 || this.unsettled) this.request();
  }

  /** A board's plot was filled from the past. */
  filled(model: BoardModel): void {
    this.cards.get(model.id)?.describe();
    this.tick();
  }

  /** Says in words what only time changes, of the cards in view: what the plots show, how long an override holds. */
  describe(): void {
    for (const card of this.visible) {
      card.describe();
      card.render();
    }
  }

  /** From `lost` on, in ms by the server's clock, nothing is known; undefined: the server is heard. */
  setLost(lost: number | undefined): void {
    this.lost = lost;
    if (lost === undefined) for (const card of this.visible) this.appeared(card.model);
  }

  /** The colour scheme has changed. */
  recolour(): void {
    this.colours = palette();
    this.tick();
  }

  /** Gives the focus to a board's card, if it is there. */
  focus(id: string): void {
    this.cards.get(id)?.focus();
  }

  private arrangeSoon(): void {
    this.arranged = -Infinity;
    this.request();
  }

  private request(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.work());
  }

  private work(): void {
    this.frame = 0;
    for (const card of this.visible) if (this.dirty.delete(card.model.id)) card.render();
    if (this.plotsDue) for (const card of this.visible) card.draw(this.lost ?? now(), this.colours);
    this.plotsDue = false;

    const end = performance.now() + BUDGET;
    for (const id of this.dirty) {
      if (performance.now() > end) {
        this.request();
        break;
      }
      this.dirty.delete(id);
      (this.cards.get(id) ?? this.add(id)).render();
    }
    this.arrange();
  }

  private arrange(): void {
    const at = performance.now();
    const asked = this.arranged === -Infinity;
    if (!asked && (!this.unsettled || at - this.arranged < ARRANGE)) return;
    // a board whose card is still to be made takes its place next time
    this.unsettled = this.dirty.size > 0;
    this.arranged = at;
    const byLight = this.view.sort === "darkest" || this.view.sort === "brightest";
    const resting = this.place.matches(":hover, :focus-within") || (byLight && at - this.ordered < ORDER_BY_LIGHT);
    const still = !asked && resting;
    if (!still) this.ordered = at;
    const groups = arrange(this.boards.all, this.zones.all, this.view);
    this.groups.show(groups, (id) => this.cards.get(id)?.element, still, this.zones.size > 0);
    this.found(groups.reduce((sum, group) => sum + group.boards.length, 0));
  }

  private add(id: string): Card {
    const card = new Card(this.boards.get(id)!, this.boards, this.zones);
    this.cards.set(id, card);
    for (const element of [card.element, card.canvas]) this.byElement.set(element, card);
    this.observer.observe(card.element);
    this.sizes.observe(card.canvas);
    // a board that comes alone is shown at once; of many that come together, those that are ready, now and then
    if (this.dirty.size === 0) this.arrangeSoon();
    return card;
  }

  private remove(id: string): void {
    this.dirty.delete(id);
    const card = this.cards.get(id);
    if (!card) return;
    this.cards.delete(id);
    this.visible.delete(card);
    this.observer.unobserve(card.element);
    this.sizes.unobserve(card.canvas);
    card.element.remove();
    this.arrangeSoon();
  }

  private resized(entries: ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries)
      if (contentRect.width > 0) this.byElement.get(target)!.size = contentRect;
    this.tick();
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const card = this.byElement.get(target)!;
      if (!isIntersecting) this.visible.delete(card);
      else if (this.cards.get(card.model.id) === card && !this.visible.has(card)) {
        this.visible.add(card);
        this.appeared(card.model);
        card.describe();
      }
    }
    this.tick();
  }
}
