import {
  decode,
  jsonProblem,
  MAX_PAYLOAD_SIZE,
  topicOf,
  type Channel,
  type Fields,
  type Message,
} from "../../../contract/index.js";
import type { Counters, Rejection } from "../observability/counters.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import type { Notifier } from "../outputs/notifier.js";

/** Decodes payloads as the contract defines them. Counts and logs invalid payloads. */
export class Decoder {
  readonly #counters: Counters;
  readonly #rejects: RejectionLog;
  readonly #notifier: Notifier;

  constructor(counters: Counters, rejects: RejectionLog, notifier: Notifier) {
    this.#counters = counters;
    this.#rejects = rejects;
    this.#notifier = notifier;
  }

  /** Returns the message; undefined if the payload is invalid. */
  decode<F extends Fields>(fields: F, id: string, channel: Channel, payload: Buffer): Message<F> | undefined {
    const { value, problem } = decode(fields, payload);
    if (value === undefined) {
      this.#rejects.add(rejectionOf(payload), id, problem!, { topic: topicOf(id, channel) });
      return undefined;
    }
    this.#counters.received++;
    this.#notifier.messageReceived(id, channel, value);
    return value;
  }
}

/** Classifies a payload that could not be decoded. */
function rejectionOf(payload: Buffer): Rejection {
  if (payload.length === 0) return "empty";
  if (payload.length > MAX_PAYLOAD_SIZE) return "too-large";
  return jsonProblem(payload) ? "not-json" : "wrong-fields";
}
