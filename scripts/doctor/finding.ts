import type { System } from "./system.js";

/** The result of a check of `npm run doctor`. */
export interface Finding {
  /** The subject of the check in one or two words, such as "disk" or "port 1883". */
  readonly about: string;
  /** `todo`: the user must act; `note`: the user may want to act. */
  readonly level: "ok" | "note" | "todo";
  /** The result: a phrase for `ok`, otherwise a sentence. */
  readonly text: string;
  /** What the user can do; undefined when there is nothing to do. */
  readonly remedy?: string;
}

/** A function that checks one thing, or related things. If it throws an error, `npm run doctor` reports a `todo` finding. */
export type Check = (system: System) => Promise<Finding[]>;

export const okFinding = (about: string, text: string): Finding => ({ about, level: "ok", text });
export const noteFinding = (about: string, text: string, remedy?: string): Finding => ({
  about,
  level: "note",
  text,
  remedy,
});
export const todoFinding = (about: string, text: string, remedy?: string): Finding => ({
  about,
  level: "todo",
  text,
  remedy,
});
