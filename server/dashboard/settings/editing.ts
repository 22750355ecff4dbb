/** The settings, and the editors for them, which the page loads when a view first needs them. */

import { loadLazyParts } from "../lazy-parts.js";
import { message } from "../messages/message.js";
import { SettingsStore } from "./store.js";

/** The module with the editors of boards, zones and rules, which the page loads on demand. */
export type Editors = typeof import("./editors.js");

export class Editing {
  readonly settings = new SettingsStore(async (...conflict) => (await this.loadEditors()).askConflict(...conflict));
  /** The loaded editors; undefined before `ensureLoaded` has loaded them. */
  editors?: Editors;
  private loading?: Promise<Editors>;

  /** Loads settings and editors if they are not loaded yet. Notifies the subscribers after each of the two. */
  ensureLoaded(): void {
    this.settings.ensureLoaded();
    this.loadEditors().catch(() => this.settings.setProblem(message("page.incomplete")));
  }

  /** @param changed called after each change of the settings, and when the editors are loaded */
  subscribe(changed: () => void): () => void {
    return this.settings.subscribe(changed);
  }

  private loadEditors(): Promise<Editors> {
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
