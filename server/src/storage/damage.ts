import { clock } from "../time/monotonic-clock.js";
import { copyFile } from "node:fs/promises";

/** Tells a person, in a sentence, which file is damaged, where its original is, and what may be missing. */
export type TellDamage = (sentence: string) => void;

/** Counts damaged files, so that the log is not the only place that mentions them. */
export class DamagedFiles {
  readonly #tell: TellDamage;
  #count = 0;

  constructor(tell: TellDamage = () => {}) {
    this.#tell = tell;
  }

  /** Damaged files that were found since the start. */
  get count(): number {
    return this.#count;
  }

  readonly tell: TellDamage = (sentence) => {
    this.#count++;
    this.#tell(sentence);
  };
}

/** The name under which a damaged file or folder is kept. */
export function asideName(file: string): string {
  return `${file}.damaged-${new Date(clock.wallNow()).toISOString().replaceAll(":", "-")}`;
}

/** Keeps a copy of a damaged file, and returns the name of the copy. */
export async function copyAside(file: string): Promise<string> {
  const name = asideName(file);
  await copyFile(file, name);
  return name;
}
