/** Provides the random seed for tests with random inputs, so that a failure is reproducible. */
import path from "node:path";
import { expect, onTestFailed } from "vitest";

/** The default seed. It is fixed, so that a failure in CI is reproducible on every machine. */
const DEFAULT_SEED = 20261129;

/** Whether this is a long run (`NIGHTLIGHT_LONG=1`), with more inputs and a new seed. */
export const IS_LONG_RUN = process.env.NIGHTLIGHT_LONG === "1";

let chosenSeed: number | undefined;

/**
 * Returns the seed: `NIGHTLIGHT_SEED`, or a random one in a long run, or else the fixed default. Call this inside a test.
 * Prints a seed that is not the default. When the test fails, prints the command that repeats it.
 * @throws RangeError when NIGHTLIGHT_SEED is not a whole number from 0 to 4294967295
 */
export function getTestSeed(): number {
  if (chosenSeed === undefined) {
    chosenSeed = chooseSeed();
    if (chosenSeed !== DEFAULT_SEED) console.log(`seed ${chosenSeed}`);
  }
  const { testPath = "", currentTestName = "" } = expect.getState();
  const file = path.relative(process.cwd(), testPath).replaceAll(path.sep, "/");
  const long = IS_LONG_RUN ? "NIGHTLIGHT_LONG=1 " : "";
  onTestFailed(() => {
    console.error(
      `"${currentTestName}" failed. To repeat: NIGHTLIGHT_SEED=${chosenSeed} ${long}npx vitest run ${file}`,
    );
  });
  return chosenSeed;
}

function chooseSeed(): number {
  const given = process.env.NIGHTLIGHT_SEED;
  if (given === undefined || given === "") return IS_LONG_RUN ? Math.floor(Math.random() * 2 ** 32) : DEFAULT_SEED;
  const number = Number(given);
  if (/^\d+$/.test(given) && number < 2 ** 32) return number;
  throw new RangeError(`NIGHTLIGHT_SEED is "${given}"; it must be a whole number from 0 to 4294967295.`);
}
