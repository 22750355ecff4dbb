import { ALERT_KINDS, type AlertView } from "../alerts/alert.js";
import type { ChannelView, TestResult } from "../alerts/delivery/channel-view.js";
import {
  countSchema,
  listSchema,
  isoTimeSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "./openapi-fields.js";
import { jsonResponse, type Paths } from "./openapi-operations.js";

const CHANNEL_NAMES = ["webhook", "ntfy"] satisfies ChannelView["channel"][];

const PROBLEM_SCHEMA = nullableSchema(
  textSchema("Why messages do not arrive and what to do about it; null when they arrive."),
);

/** Schemas of alerts and of the channels to which they are sent. */
export const ALERT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Alert: objectSchema<AlertView>("A problem that has lasted for the time in the setting `alerts > after`.", {
    id: textSchema("Identifies the alert; it stays the same when the alert is resolved."),
    kind: choiceSchema(
      ALERT_KINDS,
      "`rollout-stopped`: the update of all boards has stopped, because it failed on too many boards. `storage-failing`: data cannot be stored, for example because the disk is full. `broker-disconnected`: the server has no connection to the broker. `readings-lost`: a board or the history has lost readings. `zone-without-sensor`: no sensor of a zone is fresh. `board-offline`: a board is offline.",
    ),
    device: nullableSchema(textSchema("The id of the board; null for an alert about something else.")),
    zone: nullableSchema(textSchema("The name of the zone; null for an alert about something else.")),
    label: nullableSchema(
      textSchema("The display name of the board or zone; null for an alert about the whole server."),
    ),
    text: textSchema("What is wrong, as a sentence."),
    count: nullableSchema(countSchema("Number of lost readings of the board; null for other alerts.")),
    since: isoTimeSchema("When the problem began."),
    raised: isoTimeSchema("When the problem had lasted long enough for an alert."),
    resolved: nullableSchema(isoTimeSchema("When the problem ended; null while the alert is open.")),
  }),
  AlertChannel: objectSchema<ChannelView>("A service to which the server sends alerts.", {
    channel: choiceSchema(CHANNEL_NAMES, "The kind of the service."),
    target: textSchema("The address of the service. Its path is masked, because it may be secret."),
    problem: PROBLEM_SCHEMA,
    waiting: countSchema("Number of alerts that wait to be sent."),
    delivered: countSchema("Messages that have arrived since the server started."),
    failed: countSchema("Attempts to send a message that have failed since the server started."),
  }),
  AlertTest: objectSchema<TestResult>("What has become of a test message.", {
    channel: choiceSchema(CHANNEL_NAMES, "The service to which the message was sent."),
    problem: PROBLEM_SCHEMA,
  }),
};

/** Operations on alerts. */
export const ALERT_PATHS: Paths = {
  "/api/alerts": {
    get: {
      operationId: "listAlerts",
      summary: "List open alerts, and the 100 that were resolved last, the newest first",
      tag: "alerts",
      answers: { 200: jsonResponse("The alerts.", listSchema(schemaReference("Alert"))) },
    },
  },
  "/api/alert-channels": {
    get: {
      operationId: "listAlertChannels",
      summary: "List the services to which this server sends alerts",
      tag: "alerts",
      answers: { 200: jsonResponse("The services.", listSchema(schemaReference("AlertChannel"))) },
    },
  },
  "/api/alert-channels/test": {
    post: {
      operationId: "testAlertChannels",
      summary: "Send a test message to every service, and wait for the outcomes",
      tag: "alerts",
      answers: { 200: jsonResponse("What has become of the messages.", listSchema(schemaReference("AlertTest"))) },
      errors: { 409: "The configuration names no service." },
    },
  },
};
