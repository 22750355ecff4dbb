import { clock } from "../time/monotonic-clock.js";
import { copyFile } from "node:fs/promises";

/** Called with a sentence for people: which file is damaged, where the original is kept, and what may be missing. */
export type ReportDamage = (sentence: string) => void;

/** Reports damaged files to the log and counts them for the API and metrics. */
export class DamagedFiles {
  readonly #report: ReportDamage;
  #count = 0;

  constructor(report: ReportDamage = () => {}) {
    this.#report = report;
  }

  /** Number of damaged files found since the start. */
  get count(): number {
    return this.#count;
  }

  readonly report: ReportDamage = (sentence) => {
    this.#count++;
    this.#report(sentence);
  };
}

/** Returns a timestamped path at which a damaged file or folder is kept. */
export function damagedCopyPath(file: string): string {
  return `${file}.damaged-${new Date(clock.wallNow()).toISOString().replaceAll(":", "-")}`;
}

/** Copies a damaged file. Returns the path of the copy. */
export async function copyDamagedFile(file: string): Promise<string> {
  const name = damagedCopyPath(file);
  await copyFile(file, name);
  return name;
}
