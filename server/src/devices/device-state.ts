import { DEFAULT_CADENCE, LESSON_RULE, type Lamp, type Rule, type Status } from "../../../contract/index.js";
import type { StoredBoot } from "./boots.js";
import type { Override } from "./override.js";

/** What a device needs to know about the zone that controls its lamp. */
export interface LampZone {
  readonly policy: { readonly name: string };
  readonly override: Override;
  readonly reason: string | null;
}

/** What the policy says about one device. Most devices share one object. */
export interface DeviceSettings {
  readonly label: string | undefined;
  /** The zone that controls the device's lamp. */
  readonly zone: LampZone | undefined;
  /** The rule for the device's lamp. */
  readonly rule: Rule;
  /** The longest silence of a board that works, in ms. */
  readonly heartbeat: number;
}

export const DEFAULT_SETTINGS: DeviceSettings = {
  label: undefined,
  zone: undefined,
  rule: LESSON_RULE,
  heartbeat: DEFAULT_CADENCE.heartbeat,
};

/** What another server, or an earlier run, knew about a device. Times are by this server's monotonic clock. */
export interface DeviceSnapshot {
  readonly boots: readonly StoredBoot[] | null;
  readonly light: number | undefined;
  readonly seq: number | undefined;
  readonly measuredAt: number;
  /** The last decision; undefined if there was none. */
  readonly lamp: Lamp | undefined;
  readonly lastSeen: number;
  readonly status: Status | undefined;
}

/** How a status message changed a device. */
export interface StatusChanges {
  readonly isSwitched: boolean;
  /** The new state if it changed; undefined if it did not. */
  readonly online: boolean | undefined;
}
