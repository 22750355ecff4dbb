import type { ContestedClientId, SessionView } from "../broker/api.js";
import {
  countSchema,
  booleanSchema,
  listSchema,
  isoTimeSchema,
  objectSchema,
  nullableSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "./openapi-fields.js";
import { jsonResponse, createParameter, type Paths } from "./openapi-operations.js";

const OTHER_BROKER_DESCRIPTION = "The server has joined another broker, which stores the sessions.";

/** Schemas of MQTT sessions. `Session` in `openapi-schemas.ts` is the login session of a person. */
export const MQTT_SESSION_SCHEMAS: Readonly<Record<string, Schema>> = {
  MqttSession: objectSchema<SessionView>("A session that the embedded broker keeps for an MQTT client.", {
    client_id: textSchema("The client id that the client uses."),
    account: nullableSchema(textSchema("The account that the session belongs to; null where clients need no account.")),
    connected: booleanSchema("Whether the client is connected."),
    subscriptions: countSchema("Number of topic filters."),
    queued: countSchema("Messages that the client has not acknowledged yet."),
    disconnected_at: nullableSchema(isoTimeSchema("When the client disconnected; null while it is connected.")),
    expires_at: nullableSchema(
      isoTimeSchema("When the session ends unless the client returns; null while the client is connected."),
    ),
  }),
  ContestedClientId: objectSchema<ContestedClientId>(
    "A client id that two clients use at the same time. Each connection ends the other, so that neither stays connected.",
    {
      client_id: textSchema("The client id."),
      account: nullableSchema(textSchema("The account of both clients; null where clients need no account.")),
      addresses: listSchema(textSchema("An address that one of the clients connects from. The latest is the last.")),
      takeovers: countSchema("How often one connection ended the other during the last minute."),
    },
  ),
};

/** Operations on MQTT sessions. */
export const MQTT_SESSION_PATHS: Paths = {
  "/api/sessions": {
    get: {
      operationId: "listMqttSessions",
      summary: "List the MQTT sessions of the embedded broker, sorted by account and client id",
      tag: "mqtt",
      answers: { 200: jsonResponse("The sessions.", listSchema(schemaReference("MqttSession"))) },
      errors: { 404: OTHER_BROKER_DESCRIPTION },
    },
    delete: {
      operationId: "endMqttSession",
      summary: "End an MQTT session",
      description:
        "Disconnects the client, and deletes its subscriptions and queued messages. A client that connects again gets a new session.",
      tag: "mqtt",
      parameters: [
        {
          ...createParameter("query", "client_id", { type: "string", examples: ["old-phone"] }, "The client id."),
          required: true,
        },
        createParameter(
          "query",
          "account",
          { type: "string" },
          "The account of the session; omit it for a session without an account.",
        ),
      ],
      answers: { 204: { description: "The session has ended." } },
      errors: {
        400: "The client id is missing, or a parameter is given twice.",
        404: `There is no such session. Or: ${OTHER_BROKER_DESCRIPTION}`,
      },
    },
  },
};
