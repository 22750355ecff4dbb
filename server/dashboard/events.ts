/** The server's live events, with a connection that always comes back. */

import type { Board, Device } from "./api.js";

const RETRY = 3000; // ms

export interface Listener {
  /** Connected, at first and again. */
  connected(): void;
  /** The connection is lost; another is being tried. Called once a loss. */
  lost(): void;
  /** Every device there is: sent first on each connection. */
  devices(devices: Device[]): void;
  device(device: Device): void;
  board(board: Board): void;
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
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY);
    };
    const on = <T>(name: string, handle: (data: T) => void) =>
      source.addEventListener(name, (e) => handle(JSON.parse(e.data as string) as T));
    on<Device[]>("devices", (devices) => listener.devices(devices));
    on<Device>("device", (device) => listener.device(device));
    on<Board>("simulated-board", (board) => listener.board(board));
  };
  open();
}
