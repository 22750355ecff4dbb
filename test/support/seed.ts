/** The seed of tests that draw at random, so that a failure can be repeated. */
import path from "node:path";
import { expect, onTestFailed } from "vitest";

/** What every run uses unless it is told otherwise: a failure in CI is the same everywhere. */
const FIXED = 20261129;

/** Whether this is a long run (`NIGHTLIGHT_LONG=1`): new inputs each time, and more of them. */
export const LONG = process.env.NIGHTLIGHT_LONG === "1";

let drawn: number | undefined;

/**
 * The seed of this run: `NIGHTLIGHT_SEED`, a new one in a long run, or else a fixed one. Call it inside a test. It prints
 * the seed unless it is the fixed one, and when the test fails, the command that repeats it.
 * @throws RangeError when NIGHTLIGHT_SEED is not a whole number from 0 to 4294967295
 */
export function seed(): number {
  if (drawn === undefined) {
    drawn = choose();
    if (drawn !== FIXED) console.log(`seed ${drawn}`);
  }
  const { testPath = "", currentTestName = "" } = expect.getState();
  const file = path.relative(process.cwd(), testPath).replaceAll(path.sep, "/");
  const long = LONG ? "NIGHTLIGHT_LONG=1 " : "";
  onTestFailed(() => {
    console.error(`"${currentTestName}" failed. Repeat it: NIGHTLIGHT_SEED=${drawn} ${long}npx vitest run ${file}`);
  });
  return drawn;
}

function choose(): number {
  const given = process.env.NIGHTLIGHT_SEED;
  if (given === undefined || given === "") return LONG ? Math.floor(Math.random() * 2 ** 32) : FIXED;
  const number = Number(given);
  if (/^\d+$/.test(given) && number < 2 ** 32) return number;
  throw new RangeError(`NIGHTLIGHT_SEED is "${given}"; it must be a whole number from 0 to 4294967295.`);
}
