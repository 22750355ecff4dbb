import type { DeviceSettings } from "../devices/devices.js";
import { revisionOf } from "./config-revision.js";
import { maxSilenceOf, type Policy } from "./policy.js";
import type { Zones } from "./zones/zones.js";

/** Derives the settings of each device from the policy and the zones. */
export class DeviceSettingsSource {
  readonly #zones: Zones;
  #policy!: Policy;
  #common!: DeviceSettings;

  constructor(policy: Policy, zones: Zones) {
    this.#zones = zones;
    this.apply(policy);
  }

  /** Replaces the policy. Existing devices get the new settings only when the caller calls `configure` on them. */
  apply(policy: Policy): void {
    const { rule, reporting } = policy;
    this.#policy = policy;
    const revision = revisionOf({ ...rule, ...reporting });
    this.#common = { label: undefined, zone: undefined, rule, heartbeat: maxSilenceOf(reporting), revision };
  }

  /** Returns the settings of a device. All devices without settings of their own share one object. */
  settingsOf(id: string): DeviceSettings {
    const zone = this.#zones.membershipOf(id)?.lampOf;
    const own = this.#policy.devices.get(id);
    if (!own && !zone) return this.#common;
    const rule = zone?.policy.rule ?? own?.rule ?? this.#policy.rule;
    const isCommon = rule === this.#policy.rule;
    const revision = isCommon ? this.#common.revision : revisionOf({ ...rule, ...this.#policy.reporting });
    return { ...this.#common, label: own?.label, zone, rule, revision };
  }
}
