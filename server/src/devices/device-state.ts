import { DEFAULT_CADENCE, LESSON_RULE, type Lamp, type Rule, type Status } from "../../../contract/index.js";
import type { StoredBoot } from "./boots.js";
import type { Override } from "./override.js";

/** The fields that a device reads from the zone that controls the device's lamp. */
export interface LampZone {
  readonly policy: { readonly name: string };
  readonly override: Override;
  readonly reason: string | null;
}

/**
 * The settings of one device from the policy. Devices without individual settings share one object, which saves memory.
 */
export interface DeviceSettings {
  readonly label: string | undefined;
  /** The zone that controls the device's lamp; undefined if no zone controls it. */
  readonly zone: LampZone | undefined;
  /** The rule that decides about the device's lamp. */
  readonly rule: Rule;
  /** The longest time between two messages of a working board, in ms. */
  readonly heartbeat: number;
  /** The `revision` of the configuration that the server publishes for the device. */
  readonly revision: number | undefined;
}

export const DEFAULT_DEVICE_SETTINGS: DeviceSettings = {
  label: undefined,
  zone: undefined,
  rule: LESSON_RULE,
  heartbeat: DEFAULT_CADENCE.heartbeat,
  revision: undefined,
};

/** Returns whether two settings give a device the same label, zone, rule, heartbeat and revision in its view. */
export function hasSameView(a: DeviceSettings, b: DeviceSettings): boolean {
  return (
    a.label === b.label &&
    a.zone?.policy.name === b.zone?.policy.name &&
    a.rule.threshold === b.rule.threshold &&
    a.rule.hysteresis === b.rule.hysteresis &&
    a.heartbeat === b.heartbeat &&
    a.revision === b.revision
  );
}

/** State of a device from another server or an earlier run. Times are by this server's monotonic clock. */
export interface DeviceSnapshot {
  readonly boots: readonly StoredBoot[] | null;
  readonly light: number | undefined;
  readonly seq: number | undefined;
  readonly measuredAt: number;
  /** The last decision; undefined if there has been no decision. */
  readonly lamp: Lamp | undefined;
  readonly lastSeen: number;
  readonly status: Status | undefined;
}

/** The changes that a status message made to a device. */
export interface StatusChanges {
  /**
   * `switched`: the lamp was switched. `lamp-known`: the server knows its state now, but nobody has switched it.
   * Undefined if the state is the same as before.
   */
  readonly lamp: "switched" | "lamp-known" | undefined;
  /** Whether the device is online now, if the message has changed this; undefined otherwise. */
  readonly online: boolean | undefined;
}
