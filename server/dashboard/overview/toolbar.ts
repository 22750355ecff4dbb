/** Toolbar with search, filter and sort order of the overview. */

import { findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { FILTER_NAMES, SORT_NAMES, type Arrangement } from "./arrange.js";

export class Toolbar {
  private readonly form: HTMLFormElement;
  private readonly search: HTMLInputElement;
  private readonly show: HTMLSelectElement;
  private readonly sort: HTMLSelectElement;
  private readonly found: HTMLElement;
  private readonly none: HTMLElement;

  /** @param changed called when the user changes the view */
  constructor(
    root: ParentNode,
    private readonly changed: (view: Arrangement) => void,
  ) {
    this.form = findPart(root, "toolbar", HTMLFormElement);
    this.search = findPart(root, "search", HTMLInputElement);
    this.show = findPart(root, "show", HTMLSelectElement);
    this.sort = findPart(root, "sort", HTMLSelectElement);
    this.found = findPart(root, "found", HTMLElement);
    this.none = findPart(root, "none", HTMLElement);
    this.form.addEventListener("input", () => this.changed(this.arrangement));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    findPart(root, "show-all", HTMLButtonElement).addEventListener("click", () => {
      this.form.reset();
      this.changed(this.arrangement);
      this.search.focus();
    });
  }

  get arrangement(): Arrangement {
    return {
      search: this.search.value,
      show: FILTER_NAMES.find((show) => show === this.show.value) ?? "all",
      sort: SORT_NAMES.find((sort) => sort === this.sort.value) ?? "name",
    };
  }

  /** Shows how many boards match. Hides the toolbar if there is at most one board. */
  render(found: number, all: number): void {
    this.form.hidden = all < 2;
    this.none.hidden = found > 0 || all === 0;
    const { search, show } = this.arrangement;
    setText(this.found, search.trim() === "" && show === "all" ? "" : message("overview.found", { found, all }));
  }
}
