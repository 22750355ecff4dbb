/** The settings, and the forms and sliders that edit them. The page loads both when a view first needs them. */

import { loadLazyParts } from "../lazy-parts.js";
import { message } from "../messages/message.js";
import { SettingsStore } from "./store.js";

/** The module with the forms and sliders that edit boards, zones and rules. The page loads it on demand. */
export type Editors = typeof import("./editors.js");

export class Editing {
  readonly settings = new SettingsStore(async (...conflict) => (await this.loadEditors()).askConflict(...conflict));
  /** The loaded forms and sliders; undefined before `ensureLoaded` has loaded them. */
  editors?: Editors;
  private loading?: Promise<Editors>;

  /** Loads the settings and the editors if necessary. Notifies the subscribers when either is loaded. */
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
