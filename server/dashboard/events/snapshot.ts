/** The latest state that the events tell of, for a page that joins a stream which is there already. */

import type { Device, Zone } from "../api.js";
import type { ServerEvent } from "./protocol.js";

export class Snapshot {
  /** Undefined until the server has listed them. */
  private devices?: Map<string, Device>;
  private zones?: Map<string, Zone>;

  see([name, data]: ServerEvent): void {
    if (name === "devices") this.devices = new Map((data as Device[]).map((device) => [device.id, device]));
    else if (name === "device") this.devices?.set((data as Device).id, data as Device);
    else if (name === "forgotten") this.devices?.delete((data as { id: string }).id);
    else if (name === "zones") this.zones = new Map((data as Zone[]).map((zone) => [zone.name, zone]));
    else if (name === "zone") this.zones?.set((data as Zone).name, data as Zone);
  }

  /** As the server begins a stream. */
  get events(): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (this.devices) events.push(["devices", [...this.devices.values()]]);
    if (this.zones) events.push(["zones", [...this.zones.values()]]);
    return events;
  }
}
