import { CONNACK, DISCONNECT, PUBACK, PUBREC, SUBACK } from "../mqtt/packets.js";
import * as replies from "./replies.js";

const NO_SHARED_SUBSCRIPTIONS = "shared subscriptions are not supported";

/** The parts of a connection that the completion of its replies uses. */
export interface ReplyCompletionHandlers {
  /** Returns the client's protocol version: 3, 4 or 5. */
  version(): number;
  /** Called when CONNACK accepts the client. */
  accepted(): void;
  /** Called when aedes has refused a shared subscription, with the problem as a phrase. */
  rejected(problem: string): void;
}

/** Adds the fields that aedes does not set to its replies to one client. */
export class ReplyCompletion {
  /** Fields of the CONNACK. */
  readonly connack: replies.ConnackFields = { sessionPresent: false };
  /** Why the broker has refused subscriptions since the last SUBACK. The next SUBACK contains these reasons. */
  readonly refusals: string[] = [];
  /** Reason codes for the acknowledgements of refused messages, by packet identifier. aedes sends 0x87 for all. */
  readonly refusedMessages = new Map<number, number>();
  /** Whether the client wants reason strings (MQTT 5.0, 3.1.2.11.7). */
  wantsReasons = true;
  readonly #handlers: ReplyCompletionHandlers;

  constructor(handlers: ReplyCompletionHandlers) {
    this.#handlers = handlers;
  }

  /** Returns a CONNACK, PUBACK, PUBREC, SUBACK or DISCONNECT packet with all fields. */
  complete(type: number, bytes: Buffer): Buffer {
    const version = this.#handlers.version();
    if (type === CONNACK) {
      if (bytes[3] !== 0) return bytes;
      this.#handlers.accepted();
      return replies.completeConnack(bytes, version, this.connack);
    }
    if (type === SUBACK) return this.#completeSuback(bytes, version);
    if (type === PUBACK || type === PUBREC)
      return version === 5 ? replies.completeAcknowledgement(bytes, this.refusedMessages) : bytes;
    return type === DISCONNECT ? replies.completeDisconnect(bytes) : bytes;
  }

  #completeSuback(bytes: Buffer, version: number): Buffer {
    const reasons = this.refusals.splice(0);
    if (version !== 5) return bytes;
    if (replies.refusesSharedSubscription(bytes)) {
      reasons.push(NO_SHARED_SUBSCRIPTIONS);
      this.#handlers.rejected(NO_SHARED_SUBSCRIPTIONS);
    }
    return this.wantsReasons ? replies.completeSuback(bytes, reasons) : bytes;
  }
}
