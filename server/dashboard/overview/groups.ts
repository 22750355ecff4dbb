/** Sections of the overview: one per zone, with the cards of its boards. */

import type { Zone } from "../api.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { formatLampState, describeOverride } from "../labels.js";
import { formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { formatZoneHash } from "../route.js";
import type { BoardGroup } from "./arrange.js";

interface CardSection {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly link: HTMLAnchorElement;
  readonly about: HTMLElement;
  readonly cards: HTMLElement;
}

export class CardGroups {
  private readonly sections = new Map<string, CardSection>();

  constructor(private readonly place: HTMLElement) {}

  /**
   * Shows the groups and their cards.
   * @param keepPlaces whether cards must keep their places, because the user is interacting with one of them
   * @param zones whether any zone exists
   */
  show(
    groups: readonly BoardGroup[],
    cardOf: (id: string) => HTMLElement | undefined,
    keepPlaces: boolean,
    zones: boolean,
  ): void {
    const wanted = groups.map((group) => {
      const section = this.sectionOf(group.zone?.name ?? "");
      renderSection(section, group, zones);
      const cards = group.boards.map(({ id }) => cardOf(id)).filter((card) => card !== undefined);
      setChildren(section.cards, cards, keepPlaces);
      return section.element;
    });
    setChildren(this.place, wanted, false);
  }

  private sectionOf(name: string): CardSection {
    let section = this.sections.get(name);
    if (section) return section;
    const content = cloneTemplate("group-template");
    section = {
      element: findPart(content, "group", HTMLElement),
      title: findPart(content, "title", HTMLElement),
      link: findPart(content, "link", HTMLAnchorElement),
      about: findPart(content, "about", HTMLElement),
      cards: findPart(content, "cards", HTMLElement),
    };
    this.sections.set(name, section);
    return section;
  }
}

function renderSection(
  { element, title, link, about }: CardSection,
  { zone, boards }: BoardGroup,
  zones: boolean,
): void {
  const name = zone ? zone.label : message(zones ? "overview.inNoZone" : "overview.boards");
  element.classList.toggle("alone", !zones);
  element.setAttribute("aria-label", name);
  link.hidden = !zone;
  title.hidden = zone !== undefined;
  setText(zone ? link : title, name);
  if (zone) link.href = formatZoneHash(zone.name);
  setText(
    about,
    [message("page.boardCount", { count: boards.length }), ...(zone ? [describeZone(zone)] : [])].join(" · "),
  );
}

function describeZone({ led_on, mode, light }: Zone): string {
  if (mode !== "auto") return describeOverride(mode);
  if (led_on === null) return message("overview.zoneUndecided");
  if (light === null) return formatLampState(led_on);
  return message(led_on ? "overview.zoneOnAtLight" : "overview.zoneOffAtLight", {
    light: formatLight(Math.round(light)),
  });
}

/**
 * Sets the children of `place` to `wanted`, in this order, with as few moves as possible.
 * @param keepPlaces whether existing children keep their places, and a child with focus or pointer is not removed
 */
function setChildren(place: HTMLElement, wanted: readonly HTMLElement[], keepPlaces: boolean): void {
  const keep = new Set(wanted);
  for (const child of [...place.children])
    if (!keep.has(child as HTMLElement) && !(keepPlaces && isInUse(child))) child.remove();
  let before: Element | null = null;
  for (const element of wanted) {
    const next: Element | null = before ? before.nextElementSibling : place.firstElementChild;
    if (element !== next && !(keepPlaces && element.parentElement === place)) place.insertBefore(element, next);
    before = element;
  }
}

function isInUse(card: Element): boolean {
  return card.matches(":hover, :focus-within");
}
