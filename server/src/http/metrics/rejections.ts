import type { Rejection } from "../../observability/counters.js";

/** Why a message, or a client, had no effect, for people: every reason there is. */
export const REJECTIONS: Readonly<Record<Rejection, string>> = {
  empty: "the payload is empty",
  "too-large": "the payload is larger than is read",
  "not-json": "the payload is not one JSON object",
  "wrong-fields": "a field is missing, or its value is not allowed",
  "bad-id": "the topic's id cannot name a device",
  retained: "a retained message on a topic whose messages tell of the present",
  "unknown-device": "an override of a device that was never heard",
  "too-many-devices": "there is no room for another device",
  "malformed-packet": "a client broke the MQTT protocol",
  "not-allowed": "a client may not use that topic",
  "bad-login": "a client could not log in at the embedded broker",
  "over-limit": "a client wanted more of the embedded broker, or of HTTP, than its share",
  "queue-full": "it waited for a client that is away, and made room for newer ones",
  "bad-state": "something in Redis, or published there, is not as servers write it",
  internal: "a fault of the server's own; its log says more",
};
