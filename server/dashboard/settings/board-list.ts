/**
 * Input for a list of boards: a check box for each known board, also for those that appear later, and a text field for
 * the id of another board.
 */

import type { Boards } from "../boards.js";
import { compareTexts } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { buildElement, createButton, createId } from "./elements.js";
import type { SettingInput } from "./inputs.js";

/** Number of boards above which the list has a search. */
const MIN_BOARDS_FOR_SEARCH = 12;

/** Creates an input for a list of boards. @param changed called after each change by the user */
export function createBoardListInput(boards: Boards, changed: () => void): SettingInput {
  const list = buildElement("ul", { class: "choose" });
  const id = buildElement("input", { type: "text", id: createId(), placeholder: "nightlight/porch", "aria-label": message("settings.anotherBoard") }); // prettier-ignore
  const search = buildElement("input", { type: "search", "aria-label": message("settings.search"), placeholder: message("settings.search") }); // prettier-ignore
  const add = createButton(message("settings.add"), addBoard);
  const element = buildElement(
    "div",
    { role: "group", id: createId() },
    search,
    list,
    buildElement("p", { class: "another" }, id, add),
  );
  /** The chosen ids: first those in the configuration file, in its order, and then those that the user has added. */
  let chosen: string[] = [];
  let disabled = false;
  /** The rendered ids, labels and state, to detect changes; "" forces a new rendering. */
  let rendered = "";
  /** The ids that have a check box. */
  let listed: ReadonlySet<string> = new Set();
  let isRenderScheduled = false;
  const unsubscribe = boards.subscribe({
    changed(model) {
      if (!listed.has(model.id)) scheduleRender();
    },
  });

  id.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter would submit the form
    addBoard();
  });
  id.addEventListener("input", changed);
  search.addEventListener("input", filter);

  /** Returns the chosen boards, and the one that the user has typed without pressing the button. */
  function allChosen(): string[] {
    const typed = id.value.trim();
    return typed === "" || chosen.includes(typed) ? chosen : [...chosen, typed];
  }

  function addBoard(): void {
    chosen = allChosen();
    id.value = rendered = "";
    render();
    changed();
  }

  function filter(): void {
    const words = search.value.trim().toLowerCase();
    for (const item of list.children as HTMLCollectionOf<HTMLElement>)
      item.hidden = !item.textContent!.toLowerCase().includes(words);
  }

  /** Renders the list once for all boards that appear together, for example when the page loads them. */
  function scheduleRender(): void {
    if (isRenderScheduled) return;
    isRenderScheduled = true;
    queueMicrotask(() => {
      isRenderScheduled = false;
      render();
    });
  }

  /** Renders the list if it has changed. Each rendering creates new check boxes, so it restores the focus. */
  function render(): void {
    const ids = new Set([...chosen, ...Array.from(boards.all, (model) => model.id)]);
    const labels = new Map(Array.from(ids, (one) => [one, boards.get(one)?.label ?? one]));
    const sorted = [...ids].sort((a, b) => compareTexts(labels.get(a)!, labels.get(b)!));
    const content = JSON.stringify([sorted, [...labels.values()], disabled]);
    if (content === rendered) return;
    rendered = content;
    listed = ids;
    const focused = list.querySelector<HTMLInputElement>("input:focus")?.value;
    list.replaceChildren(...sorted.map((one) => item(one, labels.get(one)!)));
    if (focused !== undefined) [...list.querySelectorAll("input")].find(({ value }) => value === focused)?.focus();
    search.hidden = sorted.length < MIN_BOARDS_FOR_SEARCH;
    filter();
  }

  function item(one: string, label: string): HTMLLIElement {
    const box = buildElement("input", { type: "checkbox", value: one });
    box.checked = chosen.includes(one);
    box.disabled = disabled;
    box.addEventListener("input", (event) => {
      event.stopPropagation();
      chosen = box.checked ? [...chosen, one] : chosen.filter((other) => other !== one);
      changed();
    });
    const name = buildElement("span", {}, label);
    if (label !== one) name.append(buildElement("small", {}, one));
    return buildElement("li", {}, buildElement("label", {}, box, name));
  }

  return {
    element,
    target: element,
    read: allChosen,
    write(value) {
      id.value = "";
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
    destroy: unsubscribe,
  };
}
