/** Why a step of flashing did not come to its end, and what to do about it. */
export class StepError extends Error {
  override readonly name = "StepError";

  /**
   * @param step what was being done, as a noun: "the port", "the download"
   * @param problem what was wrong, a sentence
   * @param remedy what to do about it, a sentence or several
   */
  constructor(
    readonly step: string,
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${step}: ${problem}\n  What to do: ${remedy}`, options);
  }
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
