/** Devices, zones and alerts, computed from the events so far. A page that joins an open stream receives this state first. */

import type { Alert, Device, Zone } from "../api.js";
import { withAlert } from "./alert-list.js";
import type { ServerEvent } from "./protocol.js";

export class Snapshot {
  /** Devices by id; undefined before the server has sent them. */
  private devices?: Map<string, Device>;
  /** Zones by name; undefined before the server has sent them. */
  private zones?: Map<string, Zone>;
  /** Alerts, the newest first; undefined before the server has sent them. */
  private alerts?: Alert[];

  apply([name, data]: ServerEvent): void {
    if (name === "devices") this.devices = new Map((data as Device[]).map((device) => [device.id, device]));
    else if (name === "device") this.devices?.set((data as Device).id, data as Device);
    else if (name === "forgotten") this.devices?.delete((data as { id: string }).id);
    else if (name === "zones") this.zones = new Map((data as Zone[]).map((zone) => [zone.name, zone]));
    else if (name === "zone") this.zones?.set((data as Zone).name, data as Zone);
    else if (name === "alerts") this.alerts = data as Alert[];
    else if (name === "alert") this.alerts &&= withAlert(this.alerts, data as Alert);
  }

  /** The events with which the server would start a new stream. */
  get events(): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (this.devices) events.push(["devices", [...this.devices.values()]]);
    if (this.zones) events.push(["zones", [...this.zones.values()]]);
    if (this.alerts) events.push(["alerts", this.alerts]);
    return events;
  }
}
