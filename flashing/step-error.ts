/** A failed step, with what the user can do about the failure. */

/** The kind of remedy for a failure. The dashboard has a text for each kind; commands print the remedy of the error. */
export type RemedyKind =
  | "account"
  | "boot-button"
  | "broker"
  | "cable"
  | "certificate"
  | "other-board"
  | "port-access"
  | "port-busy"
  | "replug"
  | "report"
  | "reset"
  | "wifi-network"
  | "wifi-password";

/** The problems for which the dashboard has a text in each of its languages, with the values in that text. */
interface ProblemValues {
  "broker-rejects": { broker: string };
  "broker-unknown": { host: string };
  "broker-unreachable": { broker: string; reason: string };
  certificate: { reason: string };
  "chip-receives-nothing": object;
  "chip-runs": object;
  "chip-silent": object;
  crashed: { reason: string };
  "flash-defective": { reason: string };
  "flash-differs": { reason: string };
  "no-runtime": object;
  "no-scan": object;
  "not-accepted": { reason: string };
  "not-connected": { broker: string };
  "not-started": object;
  "port-access": object;
  "port-busy": object;
  "port-closed": { reason: string };
  "port-lost": object;
  "transfer-interrupted": { reason: string };
  "wifi-refused": { network: string };
  "wifi-unseen": { network: string };
}

export type ProblemCode = keyof ProblemValues;

/** A problem and the values in its text. */
export type ProblemDetails = {
  [Code in ProblemCode]: { readonly code: Code } & Readonly<ProblemValues[Code]>;
}[ProblemCode];

export interface StepErrorOptions extends ErrorOptions {
  readonly kind?: RemedyKind;
  /** What went wrong, for translations. Commands print `problem`. */
  readonly details?: ProblemDetails;
}

export class StepError extends Error {
  override readonly name = "StepError";
  readonly kind: RemedyKind | undefined;
  readonly details: ProblemDetails | undefined;

  /**
   * @param step the step that failed, as a noun: "the port", "the download"
   * @param problem what went wrong, as a sentence
   * @param remedy what the user of a command can do, in one or more sentences
   */
  constructor(
    readonly step: string,
    readonly problem: string,
    readonly remedy: string,
    options?: StepErrorOptions,
  ) {
    super(`${step}: ${problem}\n  What to do: ${remedy}`, options);
    this.kind = options?.kind;
    this.details = options?.details;
  }
}

/** Returns the message of a thrown value of any type. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
