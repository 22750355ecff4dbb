/** Store of all zones on the page, in the server's order, with change notifications. */

import { type Mode, type Zone, putZoneMode } from "./api.js";
import { sendOverride } from "./overtaken.js";

export class Zones {
  private zones = new Map<string, Zone>();
  private readonly listeners = new Set<() => void>();

  get size(): number {
    return this.zones.size;
  }

  get all(): Iterable<Zone> {
    return this.zones.values();
  }

  get(name: string): Zone | undefined {
    return this.zones.get(name);
  }

  /** @param changed called after each change. Returns a function that ends the subscription. */
  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  /** Replaces all zones with the current zones of the server. */
  replaceZones(zones: readonly Zone[]): void {
    this.zones = new Map(zones.map((zone) => [zone.name, zone]));
    this.notify();
  }

  updateZone(zone: Zone): void {
    this.zones.set(zone.name, zone);
    this.notify();
  }

  /** Overrides a zone's lamps for `duration` ms, or without end if `duration` is undefined. @throws ApiError */
  async override(name: string, mode: Mode, duration?: number): Promise<void> {
    const zone = await sendOverride(() => putZoneMode(name, mode, duration), {
      get: () => this.get(name),
      subscribe: (changed) => this.subscribe(changed),
    });
    if (zone) this.updateZone(zone);
  }

  private notify(): void {
    for (const changed of this.listeners) changed();
  }
}
