import type { DeviceMemory } from "../outputs/device-memory.js";
import type { ClusterMember } from "./cluster-parts.js";
import { zoneId } from "../transport/scope.js";
import type { Device } from "../devices/devices.js";
import type { StorageClock } from "../time/storage-clock.js";
import { KIND, storedLamp, type Records } from "./device-records.js";

/** So many devices are stored at once: Redis does nothing else meanwhile. */
const BATCH = 2000;

export interface RewriteOptions {
  readonly member: Pick<ClusterMember, "devices" | "zones" | "actions">;
  readonly records: Records;
  readonly memory: Pick<DeviceMemory, "setOverride" | "setZoneOverride">;
  /** What zones' ids begin with. */
  readonly prefix: string;
  /** With which everything is dated. */
  readonly clock: StorageClock;
}

/**
 * Stores again all that this server knows of its devices and zones, after Redis has lost its memory. Returns the number
 * of devices, once all of it is stored.
 */
export async function rewrite({ member, records, memory, prefix, clock }: RewriteOptions): Promise<number> {
  const devices: Device[] = [...member.devices];
  for (let at = 0; at < devices.length; at += BATCH) {
    for (const device of devices.slice(at, at + BATCH)) {
      records.touch(device);
      if (device.override.mode !== "auto") void memory.setOverride(device.id, device.override);
    }
    await records.stored;
  }
  for (const { policy, lamp, override } of member.zones) {
    if (lamp) void records.put(zoneId(prefix, policy.name), KIND.zone + policy.name, storedLamp(lamp, clock));
    if (override.mode !== "auto") void memory.setZoneOverride(policy.name, override);
  }
  await member.actions.storeAgain();
  await records.stored;
  return devices.length;
}
