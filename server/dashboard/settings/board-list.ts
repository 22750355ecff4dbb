/** Input for a list of boards: a box to tick for each known board, and an input for the id of another one. */

import type { Boards } from "../boards.js";
import { compareTexts } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { create, createButton, newId } from "./elements.js";
import type { Input } from "./inputs.js";

/** Number of boards above which the list has a search. */
const SEARCH_FROM = 12;

/** Creates the input. @param changed called after each change by the person */
export function createBoardList(boards: Boards, changed: () => void): Input {
  const list = create("ul", { class: "choose" });
  const id = create("input", { type: "text", id: newId(), placeholder: "nightlight/porch", "aria-label": message("settings.anotherBoard") }); // prettier-ignore
  const search = create("input", { type: "search", "aria-label": message("settings.search"), placeholder: message("settings.search") }); // prettier-ignore
  const add = createButton(message("settings.add"), addBoard);
  const element = create(
    "div",
    { role: "group", id: newId() },
    search,
    list,
    create("p", { class: "another" }, id, add),
  );
  /** The ids in the order of the file, and then in the order in which the person has added them. */
  let chosen: string[] = [];
  let disabled = false;
  /** The content of the list apart from its ticks, to notice changes; "" if the ticks must be set again. */
  let rendered = "";

  id.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter would send the form
    addBoard();
  });
  search.addEventListener("input", filter);

  function addBoard(): void {
    const added = id.value.trim();
    if (added === "" || chosen.includes(added)) return;
    chosen.push(added);
    id.value = rendered = "";
    render();
    changed();
  }

  function filter(): void {
    const words = search.value.trim().toLowerCase();
    for (const item of list.children as HTMLCollectionOf<HTMLElement>)
      item.hidden = !item.textContent!.toLowerCase().includes(words);
  }

  /** Renders the list, unless it would be the same: rendering takes the focus from a box. */
  function render(): void {
    const ids = new Set([...chosen, ...Array.from(boards.all, (model) => model.id)]);
    const labels = new Map(Array.from(ids, (one) => [one, boards.get(one)?.label ?? one]));
    const sorted = [...ids].sort((a, b) => compareTexts(labels.get(a)!, labels.get(b)!));
    const content = JSON.stringify([sorted, [...labels.values()], disabled]);
    if (content === rendered) return;
    rendered = content;
    list.replaceChildren(...sorted.map((one) => item(one, labels.get(one)!)));
    search.hidden = sorted.length < SEARCH_FROM;
    filter();
  }

  function item(one: string, label: string): HTMLLIElement {
    const box = create("input", { type: "checkbox" });
    box.checked = chosen.includes(one);
    box.disabled = disabled;
    box.addEventListener("input", (event) => {
      event.stopPropagation();
      chosen = box.checked ? [...chosen, one] : chosen.filter((other) => other !== one);
      changed();
    });
    const name = create("span", {}, label);
    if (label !== one) name.append(create("small", {}, one));
    return create("li", {}, create("label", {}, box, name));
  }

  return {
    element,
    target: element,
    read: () => chosen,
    write(value) {
      const next = Array.isArray(value) ? [...(value as string[])] : [];
      if (JSON.stringify(next) !== JSON.stringify(chosen)) rendered = "";
      chosen = next;
      render();
    },
    setDisabled(now) {
      disabled = now;
      id.disabled = add.disabled = now;
      render();
    },
  };
}
