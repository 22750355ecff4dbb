/** The server's live events, with a connection that always comes back. */

import type { Board, Device, Zone } from "./api.js";

const RETRY = 3000; // ms

export interface Listener {
  /** Connected, at first and again. */
  connected(): void;
  /** The connection is lost; another is being tried. Called once a loss. */
  lost(): void;
  /** The server refused to tell: it is there, and may want somebody to log in. Another attempt follows. */
  refused(): void;
  /** Every device there is: sent first on each connection. */
  devices(devices: Device[]): void;
  device(device: Device): void;
  /** Every zone there is: sent on each connection, and when the server's configuration changed. */
  zones(zones: Zone[]): void;
  zone(zone: Zone): void;
  /** A device is known no more. */
  forgotten(id: string): void;
  board(board: Board): void;
  /** The server cannot store readings, for this reason; or it can again. */
  storage(problem: string | null): void;
}

/** Listens for ever. */
export function listen(listener: Listener): void {
  let connected: boolean | undefined;

  const open = () => {
    const source = new EventSource("api/events");
    source.onopen = () => {
      connected = true;
      listener.connected();
    };
    source.onerror = () => {
      if (connected !== false) listener.lost();
      connected = false;
      // A browser gives up for good when the answer is not an event stream, as from a proxy whose server is down.
      if (source.readyState !== EventSource.CLOSED) return;
      listener.refused();
      setTimeout(open, RETRY);
    };
    const on = <T>(name: string, handle: (data: T) => void) =>
      source.addEventListener(name, (e) => handle(JSON.parse(e.data as string) as T));
    on<Device[]>("devices", (devices) => listener.devices(devices));
    on<Device>("device", (device) => listener.device(device));
    on<Zone[]>("zones", (zones) => listener.zones(zones));
    on<Zone>("zone", (zone) => listener.zone(zone));
    on<{ id: string }>("forgotten", ({ id }) => listener.forgotten(id));
    on<Board>("simulated-board", (board) => listener.board(board));
    on<{ problem: string | null }>("storage", ({ problem }) => listener.storage(problem));
  };
  open();
}
