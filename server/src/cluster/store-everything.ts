import type { DeviceMemory } from "../outputs/device-memory.js";
import type { ClusterMember } from "./cluster-parts.js";
import { zoneIdOf } from "../transport/scope.js";
import type { Device } from "../devices/devices.js";
import type { StorageClock } from "../time/storage-clock.js";
import { FIELD_PREFIX, toStoredLamp, type DeviceRecords } from "./device-records.js";

/** Maximum number of devices per batch. Redis executes no other commands while it writes a batch. */
const MAX_DEVICES_PER_BATCH = 2000;

export interface StoreEverythingOptions {
  readonly member: Pick<ClusterMember, "devices" | "zones" | "actions">;
  readonly records: DeviceRecords;
  readonly memory: Pick<DeviceMemory, "setOverride" | "setZoneOverride">;
  /** The topic prefix at the beginning of every zone id. */
  readonly prefix: string;
  /** The shared clock, which converts monotonic times to stored times. */
  readonly clock: StorageClock;
}

/** Stores all devices and zones of this server again, after Redis has lost its data. Returns the number of devices. */
export async function storeEverything({
  member,
  records,
  memory,
  prefix,
  clock,
}: StoreEverythingOptions): Promise<number> {
  const devices: Device[] = [...member.devices];
  for (let at = 0; at < devices.length; at += MAX_DEVICES_PER_BATCH) {
    for (const device of devices.slice(at, at + MAX_DEVICES_PER_BATCH)) {
      records.storeDevice(device);
      if (device.override.mode !== "auto") void memory.setOverride(device.id, device.override);
    }
    await records.whenStored;
  }
  for (const { policy, lamp, override } of member.zones) {
    if (lamp)
      void records.put(zoneIdOf(prefix, policy.name), FIELD_PREFIX.zone + policy.name, toStoredLamp(lamp, clock));
    if (override.mode !== "auto") void memory.setZoneOverride(policy.name, override);
  }
  await member.actions.storeAllAgain();
  await records.whenStored;
  return devices.length;
}
