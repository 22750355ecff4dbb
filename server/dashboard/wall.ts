/**
 * All cards, and the work that keeps them up to date: a little in each frame, what can be seen first. So a page with
 * hundreds of boards stays smooth.
 */

import { Card } from "./card.js";
import { now } from "./clock.js";
import { BoardModel } from "./model.js";
import { type Palette, palette } from "./plot.js";

/** Of a frame's 16 ms so much goes to work that can wait. */
const BUDGET = 6;

export class Wall {
  private readonly models = new Map<string, BoardModel>();
  private readonly cards = new Map<string, Card>();
  /** The ids of `cards` in the order of the page. */
  private readonly order: string[] = [];
  private readonly dirty = new Set<string>();
  private readonly visible = new Set<Card>();
  private readonly byElement = new WeakMap<Element, Card>();
  private readonly collator = new Intl.Collator(undefined, { numeric: true });
  private readonly observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "200px" });
  private readonly sizes = new ResizeObserver((entries) => this.resized(entries));
  private colours: Palette = palette();
  private frame = 0;
  private plotsDue = true;
  private lost?: number;

  /** `appeared`: a board came into view, or is in view when the connection comes back. */
  constructor(
    private readonly list: HTMLElement,
    private readonly template: HTMLTemplateElement,
    private readonly appeared: (model: BoardModel) => void,
  ) {}

  get boards(): Iterable<BoardModel> {
    return this.models.values();
  }

  get size(): number {
    return this.models.size;
  }

  /** The model of a board; a card for it is made when it is new. */
  change(id: string): BoardModel {
    let model = this.models.get(id);
    if (!model) this.models.set(id, (model = new BoardModel(id)));
    this.dirty.add(id);
    this.request();
    return model;
  }

  /** Takes the cards away whose board is not `kept`. */
  keep(kept: (model: BoardModel) => boolean): void {
    for (const model of this.models.values()) if (!kept(model)) this.remove(model.id);
  }

  /** Draws the plots of the cards in view anew. */
  tick(): void {
    this.plotsDue = true;
    if (this.visible.size > 0) this.request();
  }

  /** A board's plot was filled from the past. */
  filled(model: BoardModel): void {
    this.cards.get(model.id)?.describe();
    this.tick();
  }

  /** Describes the plots in view in words. */
  describe(): void {
    for (const card of this.visible) card.describe();
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
      if (performance.now() > end) return this.request();
      this.dirty.delete(id);
      (this.cards.get(id) ?? this.add(id)).render();
    }
  }

  private add(id: string): Card {
    const card = new Card(this.template, this.models.get(id)!);
    const at = this.place(id);
    this.list.insertBefore(card.element, at < this.order.length ? this.cards.get(this.order[at])!.element : null);
    this.order.splice(at, 0, id);
    this.cards.set(id, card);
    for (const element of [card.element, card.canvas]) this.byElement.set(element, card);
    this.observer.observe(card.element);
    this.sizes.observe(card.canvas);
    return card;
  }

  private remove(id: string): void {
    this.models.delete(id);
    this.dirty.delete(id);
    const card = this.cards.get(id);
    if (!card) return;
    this.cards.delete(id);
    this.visible.delete(card);
    this.observer.unobserve(card.element);
    this.sizes.unobserve(card.canvas);
    card.element.remove();
    this.order.splice(this.order.indexOf(id), 1);
  }

  /** Where `id` belongs, found by halving. */
  private place(id: string): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.collator.compare(this.order[middle], id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
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
