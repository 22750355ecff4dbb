/** The settings, and the editors for them, which the page loads when a view first needs them. */

import { loadLazyParts } from "../lazy-parts.js";
import { message } from "../messages/message.js";
import { Settings } from "./store.js";

/** The editors of boards, zones and rules, in a part of the page's program that is loaded later. */
export type Editors = typeof import("./editors.js");

export class Editing {
  readonly settings = new Settings(async (...conflict) => (await this.load()).askConflict(...conflict));
  /** Undefined until they are loaded. */
  editors?: Editors;
  private loading?: Promise<Editors>;

  /** Loads settings and editors if they are not loaded yet. Each notifies the subscribers. */
  need(): void {
    this.settings.need();
    this.load().catch(() => this.settings.fail(message("page.incomplete")));
  }

  /** @param changed called after each change of the settings, and when the editors are loaded */
  subscribe(changed: () => void): () => void {
    return this.settings.subscribe(changed);
  }

  private load(): Promise<Editors> {
    return (this.loading ??= Promise.all([import("./editors.js"), loadLazyParts()]).then(
      ([editors]) => {
        this.editors = editors;
        this.settings.notify();
        return editors;
      },
      (error: unknown) => {
        this.loading = undefined;
        throw error;
      },
    ));
  }
}
