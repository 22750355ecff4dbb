/** A failed step of a script, with what the user can do about the failure. */
export class StepError extends Error {
  override readonly name = "StepError";

  /**
   * @param step the step that failed, as a noun: "the port", "the download"
   * @param problem what went wrong, as a sentence
   * @param remedy what the user can do, in one or more sentences
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

/** Returns the message of a thrown value of any type. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
