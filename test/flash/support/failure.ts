import { expect } from "vitest";
import { StepError } from "../../../flashing/step-error.js";

/** Expects that a step fails with a remedy, and returns its error. */
export async function failureOf(work: Promise<unknown>): Promise<StepError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StepError);
  const { remedy } = error as StepError;
  expect(remedy).not.toBe("");
  return error as StepError;
}
