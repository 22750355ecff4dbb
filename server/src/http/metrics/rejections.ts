import type { Rejection } from "../../observability/counters.js";

/** Explanation of each reason for which the server or its broker rejects a message or a client. */
export const REJECTION_TEXTS: Readonly<Record<Rejection, string>> = {
  empty: "the payload is empty",
  "too-large": "the payload is larger than the limit",
  "not-json": "the payload is not one JSON object",
  "wrong-fields": "a field is missing, or its value is not allowed",
  "bad-id": "the id in the topic is not a valid device id",
  retained: "a retained message on a topic that accepts only live messages",
  "unknown-device": "an override of a device that never sent a message",
  "too-many-devices": "a new device, while the server has its maximum number of devices",
  "malformed-packet": "a client broke the MQTT protocol",
  "not-allowed": "a client has no permission for the topic",
  "bad-login": "a client failed to log in at the embedded broker",
  "over-limit": "a client exceeded a limit of the embedded broker or of HTTP",
  "queue-full": "a message queued for an offline client was dropped in favor of newer ones",
  "bad-state": "data or a message in Redis has a format that no server writes",
  internal: "an internal error of the server; its log has the details",
};
