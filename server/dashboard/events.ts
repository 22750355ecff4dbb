/** Dispatches the server's live events to callbacks, by event name. */

import type { Alert, Rollout, SimulatedBoard, Device, Zone } from "./api.js";
import { subscribe } from "./events/subscribe.js";
import type { Refusal, ServerEvent, MessageToPage } from "./events/protocol.js";

export interface Listener {
  /** Called when connecting: after loading, when the page becomes visible, and after a login or logout. */
  connecting(): void;
  /** Called after each connect. */
  connected(): void;
  /** Called when the connection is lost and after each failed attempt. The page keeps reconnecting. */
  lost(): void;
  /**
   * Called when the server refuses the connection, for example because a login is required. The page keeps
   * reconnecting.
   */
  refused(refusal: Refusal): void;
  /** Called with all devices, after each connect and when the page becomes visible. */
  devices(devices: Device[]): void;
  device(device: Device): void;
  /** Called with all zones, after each connect and when the server's configuration changes. */
  zones(zones: Zone[]): void;
  zone(zone: Zone): void;
  /** Called with all alerts, after each connect. */
  alerts(alerts: Alert[]): void;
  /** Called with an alert that was raised, changed or resolved. */
  alert(alert: Alert): void;
  /** Called when a device was deleted. */
  forgotten(id: string): void;
  board(board: SimulatedBoard): void;
  /** Called with the reason when the server cannot store readings, and with null when it can again. */
  storage(problem: string | null): void;
  /** Called with the new version after a change of the server's settings. */
  settings(etag: string): void;
  /** Called after each change of the update of all boards. */
  rollout(rollout: Rollout): void;
}

/** Receives events until the page closes. Returns a function that reconnects, to be called after a login or logout. */
export function listen(listener: Listener): () => void {
  function handle([name, data]: ServerEvent): void {
    if (name === "devices") listener.devices(data as Device[]);
    else if (name === "device") listener.device(data as Device);
    else if (name === "zones") listener.zones(data as Zone[]);
    else if (name === "zone") listener.zone(data as Zone);
    else if (name === "alerts") listener.alerts(data as Alert[]);
    else if (name === "alert") listener.alert(data as Alert);
    else if (name === "forgotten") listener.forgotten((data as { id: string }).id);
    else if (name === "simulated-board") listener.board(data as SimulatedBoard);
    else if (name === "settings") listener.settings((data as { etag: string }).etag);
    else if (name === "rollout") listener.rollout(data as Rollout);
    else if (name === "storage") listener.storage((data as { problem: string | null }).problem);
  }

  return subscribe((message: MessageToPage) => {
    if ("events" in message) return message.events.forEach(handle);
    if (!("state" in message)) return;
    if (message.state === "connecting") listener.connecting();
    else if (message.state === "live") listener.connected();
    else if (message.state === "refused") listener.refused(message);
    else listener.lost();
  });
}
