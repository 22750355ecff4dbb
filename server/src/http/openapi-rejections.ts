import type { Rejection } from "../observability/counters.js";
import type { RejectionView } from "../observability/rejection-view.js";
import { REJECTION_TEXTS } from "./metrics/rejections.js";
import {
  choiceSchema,
  countSchema,
  isoTimeSchema,
  listSchema,
  nullableSchema,
  objectSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "./openapi-fields.js";
import { jsonResponse, type Paths } from "./openapi-operations.js";

const REASONS = Object.keys(REJECTION_TEXTS) as Rejection[];

/** Schema of a rejection. */
export const REJECTION_SCHEMAS: Readonly<Record<string, Schema>> = {
  Rejection: objectSchema<RejectionView>(
    "Messages, subscriptions or logins that were rejected for the same reason, of the same sender and topic.",
    {
      reason: choiceSchema(REASONS, REASONS.map((reason) => `\`${reason}\`: ${REJECTION_TEXTS[reason]}.`).join(" ")),
      account: nullableSchema(
        textSchema("The account of the client; null if it is unknown, or if clients need no account."),
      ),
      client_id: nullableSchema(textSchema("The MQTT client id; null if it is unknown.")),
      topic: nullableSchema(textSchema("The topic or topic filter; null if the rejection concerns no topic.")),
      from: textSchema("The sender as the log names it: an account, a client id, a device id or an address."),
      problem: textSchema("What was wrong."),
      count: countSchema("How often this was rejected since the server started."),
      first_at: isoTimeSchema("When this was rejected for the first time."),
      last_at: isoTimeSchema("When this was rejected for the last time."),
    },
  ),
};

/** Operation on rejections. */
export const REJECTION_PATHS: Paths = {
  "/api/rejections": {
    get: {
      operationId: "listRejections",
      summary: "List the latest rejected messages, subscriptions and logins, the latest first",
      description: "Only administrators may use this operation, because the list names accounts and topics.",
      tag: "mqtt",
      answers: { 200: jsonResponse("The rejections.", listSchema(schemaReference("Rejection"))) },
    },
  },
};
