/** Messages between pages and the event hub, which may run in a shared worker. */

/** A server-sent event: its name and its parsed data. */
export type ServerEvent = readonly [name: string, data: unknown];

/**
 * Message from a page. `visible` is sent when the page becomes visible and as a heartbeat, `hidden` when it becomes hidden,
 * and `restart` after a login or logout.
 */
export type MessageFromPage = "visible" | "hidden" | "restart";

/** State of the connection to the server. */
export type StreamState =
  /** With `lost`, the connection ended or could not be opened, and the hub keeps reconnecting. */
  | { readonly state: "connecting" | "live" | "lost" }
  /** The server answered without events; the hub keeps reconnecting. */
  | ({ readonly state: "refused" } & Refusal);

/** Why the server sends no events. */
export interface Refusal {
  /** HTTP status; 0 if no byte arrived, probably because a proxy buffers the stream. */
  readonly status: number;
  /** The server's reason, as a sentence. */
  readonly problem?: string;
}

/** Message to a page. `alive` answers a heartbeat. */
export type MessageToPage = StreamState | { readonly events: readonly ServerEvent[] } | { readonly alive: true };

/** Time between two heartbeats of a visible page, in ms. */
export const HEARTBEAT_INTERVAL = 15_000;
