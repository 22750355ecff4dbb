import { combine, decide, type Lamp } from "../../../../contract/index.js";
import type { Device } from "../../devices/devices.js";
import { NO_OVERRIDE, toCurrentOverride, type Override } from "../../devices/override.js";
import type { Hours, ZonePolicy } from "../policy.js";
import { explainOverride, explainRuleWithLight, describeZoneLight } from "../../devices/reason.js";
import { formatTimeOfDay } from "../../common/duration.js";
import { TimeOfDayClock, isWithinHours } from "./hours.js";
import { clock } from "../../time/monotonic-clock.js";
import type { ZoneHours, ZoneView } from "./view.js";

/** Returns the device with an id; undefined if the server knows no device with this id. */
export type FindDevice = (id: string) => Device | undefined;

/** A group of sensors that together control a group of lamps. */
export class Zone {
  /** The last decision for the zone's lamps; undefined before the first decision. */
  lamp: Lamp | undefined;
  override: Override = NO_OVERRIDE;
  /** The combined light of the sensors at the last decision; undefined if too few sensors had reported. */
  #light: number | undefined;
  /** Why the lamps are on or off, if an override, the hours or missing readings decided; "" if the rule decided. */
  #because = "";
  /** The number of sensors that have been silent for too long. */
  #stale = 0;
  readonly #lights: number[] = [];
  readonly #timeOfDay: TimeOfDayClock | undefined;

  constructor(
    readonly policy: ZonePolicy,
    readonly find: FindDevice,
  ) {
    this.#timeOfDay = policy.hours && new TimeOfDayClock(policy.hours.time_zone);
  }

  /** Copies lamp state and override from the zone of the old policy that this object replaces. */
  copyStateOf(before: Zone): void {
    this.lamp = before.lamp;
    this.override = before.override;
  }

  /**
   * Decides whether the zone's lamps should be on.
   * @returns whether the lamps must be switched
   */
  decide(now: number): boolean {
    const before = this.lamp?.led_on;
    this.override = toCurrentOverride(this.override, now);
    this.#readSensors(now);
    const { policy, override } = this;
    const { hours, rule } = policy;
    this.#because = "";
    if (override.mode !== "auto") {
      this.#because = explainOverride(override.mode, "the zone");
      this.#setLamp(override.mode === "on", now);
    } else if (hours && !isWithinHours(hours, this.#timeOfDay!.minutesSinceMidnight(clock.toWall(now)))) {
      this.#because = `${hours.outside} outside ${formatTimeOfDay(hours.from)} to ${formatTimeOfDay(hours.to)} (${hours.time_zone})`;
      this.#setLamp(hours.outside === "on", now);
    } else if (this.#light === undefined) {
      const needed = policy.combine === "at_least" ? policy.at_least : 1;
      const reporting = this.#lights.length;
      const missing = needed === 1 ? "no sensor tells" : `${reporting} of the ${needed} sensors that are needed tell`;
      this.#because = `${missing}, ${this.#stale} ${this.#stale === 1 ? "is" : "are"} stale; left as it is`;
    } else this.lamp = decide(rule, this.lamp, this.#light, now);
    return this.lamp?.led_on !== before;
  }

  /** Why the lamps are on or off, in a sentence for people; null before the first decision. */
  get reason(): string | null {
    const { policy, lamp } = this;
    if (this.#because) return this.#because;
    if (!lamp || this.#light === undefined) return null;
    const words = describeZoneLight(policy.combine, this.#light, this.#lights.length, policy.at_least);
    return (
      explainRuleWithLight(policy.rule, lamp, this.#light, words) +
      (this.#stale > 0 ? `; ${this.#stale} stale left out` : "")
    );
  }

  /** Deletes the lamp state and the override. Called when another server takes over the zone. */
  reset(): void {
    this.lamp = undefined;
    this.override = NO_OVERRIDE;
  }

  toView(now: number): ZoneView {
    const { policy, override, lamp } = this;
    return {
      name: policy.name,
      label: policy.label ?? policy.name,
      combine: policy.combine,
      at_least: policy.at_least,
      sensors: policy.sensors.map((id) => {
        const device = this.find(id);
        return { id, light: device?.displayedReading.light ?? null, stale: !device || !this.#isFresh(device, now) };
      }),
      lamps: policy.lamps,
      threshold: policy.rule.threshold,
      hysteresis: policy.rule.hysteresis,
      hours: policy.hours ? toHoursView(policy.hours) : null,
      light: this.#light ?? null,
      led_on: lamp?.led_on ?? null,
      mode: override.mode,
      until: override.until === undefined ? null : new Date(clock.toWall(override.until)).toISOString(),
      reason: this.reason,
    };
  }

  /**
   * When the last fresh sensor becomes stale if no sensor reports again, in ms by the monotonic clock; undefined if no
   * sensor has reported since the server started.
   */
  get freshUntil(): number | undefined {
    let latest: number | undefined;
    for (const id of this.policy.sensors) {
      const device = this.find(id);
      if (device?.light !== undefined) latest = Math.max(latest ?? 0, device.measuredAt);
    }
    return latest === undefined ? undefined : latest + this.policy.stale_after;
  }

  #isFresh({ light, measuredAt }: Device, now: number): boolean {
    return light !== undefined && now - measuredAt < this.policy.stale_after;
  }

  /** Reads the sensors that have reported recently, and combines their light. Counts the others as stale. */
  #readSensors(now: number): void {
    const { policy, find } = this;
    const lights = this.#lights;
    lights.length = 0;
    for (const id of policy.sensors) {
      const device = find(id);
      if (device && this.#isFresh(device, now)) lights.push(device.light!);
    }
    this.#stale = policy.sensors.length - lights.length;
    this.#light = combine(policy.combine, lights, policy.at_least);
  }

  #setLamp(led_on: boolean, now: number): void {
    if (this.lamp?.led_on !== led_on) this.lamp = { led_on, since: now };
  }
}

function toHoursView({ from, to, time_zone, outside }: Hours): ZoneHours {
  return { from: formatTimeOfDay(from), to: formatTimeOfDay(to), time_zone, outside };
}
