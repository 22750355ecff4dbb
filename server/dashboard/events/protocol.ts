/** What pages and the holder of the event stream say to each other. */

/** An event of the server: its name, and its data parsed. */
export type ServerEvent = readonly [name: string, data: unknown];

/** `here`: the page can be seen. `gone`: it no longer can. `restart`: who is logged in has changed. */
export type FromPage = "here" | "gone" | "restart";

/** How the connection to the server is. */
export type StreamState =
  /** `lost`: the connection ended, or there was no answer; another attempt follows. */
  | { readonly state: "connecting" | "live" | "lost" }
  /** The server answered, but not with events; another attempt follows. `status` is its HTTP status. */
  | { readonly state: "refused"; readonly status: number; readonly problem: string };

/** To a page. `alive` answers a `here` that brings no news. */
export type ToPage = StreamState | { readonly events: readonly ServerEvent[] } | { readonly alive: true };

/** How often a page that can be seen says `here`, in ms. */
export const BEAT = 15_000;
