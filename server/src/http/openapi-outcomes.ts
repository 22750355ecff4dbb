import { REPLY } from "../../../contract/index.js";
import type { Outcome } from "../outputs/action.js";
import { countSchema, fieldsSchema, textSchema, type Schema } from "./openapi-fields.js";

const replySchema = fieldsSchema("The reply of a device to an action.", REPLY, {
  seq: "The sequence number of the action.",
  ok: "Whether the device carried out the action.",
  error: "Why the device did not carry out the action.",
  light: "Report only: the light level.",
  led_on: "Report only: whether the lamp is on.",
  uptime: "Report only: time since the board started, in ms.",
  rejected: "Report only: messages that the board rejected since it started.",
  connects: "Report only: connections to the broker since the board started.",
  began: "Report only: when the program began, in ms since the board started.",
  waiting: "Report only: readings that wait to be sent.",
  dropped: "Report only: readings lost because the memory was full.",
  sent: "Report only: MQTT messages that the board sent.",
  resent: "Report only: MQTT messages that the board sent again after a reconnect.",
  received: "Report only: MQTT messages that the board received.",
});

/** Schemas of the possible outcomes of an action, by the value of their field `outcome`. */
const outcomeSchemas: Readonly<Record<Outcome["outcome"], Schema>> = {
  done: { ...replySchema, description: "The device carried out the action." },
  refused: { ...replySchema, description: "The device refused the action." },
  pending: {
    type: "object",
    description: "The action is waiting for a reply.",
    properties: { seq: countSchema("The sequence number of the action.") },
    required: ["seq"],
  },
  timeout: {
    type: "object",
    description: "The device did not reply before the action expired.",
    properties: {
      seq: countSchema("The sequence number of the action."),
      error: textSchema("What happened, as a sentence."),
    },
    required: ["seq", "error"],
  },
};

/** Adds the field `outcome` to the schema of an outcome. */
function addOutcomeField([name, schema]: [string, Schema]): Schema {
  const { properties, required } = schema as { properties: object; required: readonly string[] };
  return {
    ...schema,
    properties: { outcome: { const: name }, ...properties },
    required: ["outcome", ...required],
  };
}

/** Schema of the outcome of an action in an API response: one of the possible outcomes. */
export const OUTCOME_SCHEMA: Schema = {
  description: "The outcome of an action.",
  oneOf: Object.entries(outcomeSchemas).map(addOutcomeField),
};
