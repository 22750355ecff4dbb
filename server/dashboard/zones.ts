/** Every zone that the page knows, in the server's order. */

import { type Mode, type Zone, putZoneMode } from "./api.js";

export class Zones {
  private zones = new Map<string, Zone>();
  private readonly watchers = new Set<() => void>();

  get size(): number {
    return this.zones.size;
  }

  get all(): Iterable<Zone> {
    return this.zones.values();
  }

  get(name: string): Zone | undefined {
    return this.zones.get(name);
  }

  /** `changed` is called after each change. */
  watch(changed: () => void): void {
    this.watchers.add(changed);
  }

  /** These zones are there, and no others. */
  seeAll(zones: readonly Zone[]): void {
    this.zones = new Map(zones.map((zone) => [zone.name, zone]));
    this.tell();
  }

  see(zone: Zone): void {
    this.zones.set(zone.name, zone);
    this.tell();
  }

  /** A person's word on a zone's lamps, for so long in ms. @throws ApiError */
  async override(name: string, mode: Mode, duration?: number): Promise<void> {
    this.see(await putZoneMode(name, mode, duration));
  }

  private tell(): void {
    for (const changed of this.watchers) changed();
  }
}
