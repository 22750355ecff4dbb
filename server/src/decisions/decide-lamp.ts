import { decide, type Lamp } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Zone } from "./zones/zone.js";

/**
 * Decides whether a device's lamp should be on. A person's override comes first, then the zone of the lamp, then the rule
 * with the device's own light.
 * @param zone the zone that controls the lamp
 * @returns undefined if the zone has not decided yet; the device must have a light otherwise
 */
export function decideLamp(device: Device, zone: Zone | undefined, now: number): Lamp | undefined {
  const { lamp, rule, light, override } = device;
  if (override.mode !== "auto") {
    const led_on = override.mode === "on";
    return lamp?.led_on === led_on ? lamp : { led_on, since: now };
  }
  if (zone) return zone.lamp ?? lamp;
  return decide(rule, lamp, light!, now);
}

/** Whether only the shortest on or off time of the rule keeps the lamp as it is, so that time alone will switch it. */
export function isHeldByTime({ lamp, rule, light, override }: Device, zone: Zone | undefined, now: number): boolean {
  if (override.mode !== "auto" || zone || light === undefined || (rule.min_on === 0 && rule.min_off === 0))
    return false;
  return decide({ ...rule, min_on: 0, min_off: 0 }, lamp, light, now).led_on !== decide(rule, lamp, light, now).led_on;
}
