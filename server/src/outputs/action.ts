import type { ActionCommand, Reply } from "../../../contract/index.js";

/** An action that a device can perform, such as `reboot`. */
export type Action = ActionCommand["action"];

/** Maximum number of actions of one device that wait for a reply. The queue of a board has the same size. */
export const MAX_PENDING_ACTIONS = 8;

/** The outcome of an action, with the fields of the device's reply if there was one. */
export type Outcome =
  | { readonly outcome: "pending"; readonly seq: number }
  | ({ readonly outcome: "done" | "refused" } & Reply)
  | { readonly outcome: "timeout"; readonly seq: number; readonly error: string };

/** A requested action and the promise of its outcome. */
export interface ActionRequest {
  readonly seq: number;
  /** Resolves when the action is done, was refused or has expired. */
  readonly completion: Promise<Outcome>;
}
