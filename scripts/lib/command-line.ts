/** Helpers for command-line scripts: they parse number flags, and silence the log of jacdac-ts. */
import { InvalidArgumentError } from "commander";

/** Creates a parser for a flag that takes a whole number from `least` to `most`. */
export function createWholeNumberParser(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Silences jacdac-ts, which logs each of its steps with `console.debug`. */
export function silenceJacdac(): void {
  console.debug = () => {};
}
