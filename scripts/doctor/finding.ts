import type { System } from "./system.js";

/** What was found about one thing. */
export interface Finding {
  /** The thing, in a word or two. */
  readonly about: string;
  /** `todo`: something must be done; `note`: something may be. */
  readonly level: "ok" | "note" | "todo";
  /** How it is: half a sentence when all is well, else a sentence. */
  readonly text: string;
  /** What to do; nothing when all is well. */
  readonly remedy?: string;
}

/** Looks at one thing, or a few that belong together; what it throws becomes a finding. */
export type Check = (system: System) => Promise<Finding[]>;

export const ok = (about: string, text: string): Finding => ({ about, level: "ok", text });
export const note = (about: string, text: string, remedy?: string): Finding => ({ about, level: "note", text, remedy });
export const todo = (about: string, text: string, remedy?: string): Finding => ({ about, level: "todo", text, remedy });
