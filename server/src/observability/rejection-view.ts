import type { Rejection } from "./counters.js";

/** Rejections for the same reason, of the same sender and topic. */
export interface RejectionView {
  readonly reason: Rejection;
  /** The account of the client; null if it is unknown, or if clients need no account. */
  readonly account: string | null;
  /** The MQTT client id; null if it is unknown. */
  readonly client_id: string | null;
  /** The topic or topic filter; null if the rejection concerns no topic. */
  readonly topic: string | null;
  /** Who sent the message, as in the log. */
  readonly from: string;
  /** What was wrong. */
  readonly problem: string;
  readonly count: number;
  /** Times of the first and last of these rejections, in ISO 8601. */
  readonly first_at: string;
  readonly last_at: string;
}
