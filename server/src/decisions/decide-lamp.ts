import { decide, type Lamp } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Zone } from "./zones/zone.js";

/**
 * Decides whether a device's lamp should be on. A person's override takes precedence. Without an override, the lamp's
 * zone decides. Without a zone, the rule decides from the device's own light.
 * @param zone the zone that controls the lamp; without a zone and an override, the device must have a light level
 * @returns the lamp's present state if the zone has not decided yet; undefined if this state is unknown, too
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

/**
 * Returns whether only the minimum on or off time keeps the lamp from switching now. If so, the lamp switches later,
 * even without a new reading.
 */
export function isHeldByMinimumTime(
  { lamp, rule, light, override }: Device,
  zone: Zone | undefined,
  now: number,
): boolean {
  if (override.mode !== "auto" || zone || light === undefined || (rule.min_on === 0 && rule.min_off === 0))
    return false;
  return decide({ ...rule, min_on: 0, min_off: 0 }, lamp, light, now).led_on !== decide(rule, lamp, light, now).led_on;
}
