/** The server's live events, handed out by kind. */

import type { Board, Device, Zone } from "./api.js";
import { follow } from "./events/follow.js";
import type { ServerEvent, ToPage } from "./events/protocol.js";

export interface Listener {
  /** Connecting: at first, and when the page is shown again or another person is logged in. */
  connecting(): void;
  /** Connected, at first and again. */
  connected(): void;
  /** The connection is lost, and another attempt follows; called after each that fails. */
  lost(): void;
  /** The same, but the server is there, and refuses for this reason: it may want somebody to log in. */
  refused(problem: string): void;
  /** Every device there is: comes first on each connection, and when the page is shown again. */
  devices(devices: Device[]): void;
  device(device: Device): void;
  /** Every zone there is: comes on each connection, and when the server's configuration changed. */
  zones(zones: Zone[]): void;
  zone(zone: Zone): void;
  /** A device is known no more. */
  forgotten(id: string): void;
  board(board: Board): void;
  /** The server cannot store readings, for this reason; or it can again. */
  storage(problem: string | null): void;
}

/** Listens for ever. Gives a function to call when who is logged in has changed. */
export function listen(listener: Listener): () => void {
  function handle([name, data]: ServerEvent): void {
    if (name === "devices") listener.devices(data as Device[]);
    else if (name === "device") listener.device(data as Device);
    else if (name === "zones") listener.zones(data as Zone[]);
    else if (name === "zone") listener.zone(data as Zone);
    else if (name === "forgotten") listener.forgotten((data as { id: string }).id);
    else if (name === "simulated-board") listener.board(data as Board);
    else if (name === "storage") listener.storage((data as { problem: string | null }).problem);
  }

  return follow((message: ToPage) => {
    if ("events" in message) return message.events.forEach(handle);
    if (!("state" in message)) return;
    if (message.state === "connecting") listener.connecting();
    else if (message.state === "live") listener.connected();
    else if (message.state === "refused") listener.refused(message.problem);
    else listener.lost();
  });
}
