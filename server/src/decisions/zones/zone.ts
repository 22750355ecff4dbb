import { combine, decide, type Lamp } from "../../../../contract/index.js";
import type { Device } from "../../devices/devices.js";
import { AUTO, current, type Override } from "../../devices/override.js";
import type { ZonePolicy } from "../policy.js";
import { personSays, ruleSaysOf, zoneLight } from "../../devices/reason.js";
import { Clock, isWithin, timeOfDay } from "./hours.js";
import { clock } from "../../time/monotonic-clock.js";
import type { ZoneView } from "./view.js";

/** Where a zone finds its sensors. */
export type FindDevice = (id: string) => Device | undefined;

/** Some sensors that decide together for some lamps. */
export class Zone {
  /** What its lamps are to be; undefined when nothing was decided yet. */
  lamp: Lamp | undefined;
  override: Override = AUTO;
  /** The level by which it decided last; undefined when too few sensors told. */
  #light: number | undefined;
  /** Why it is as it is, apart from the rule: "" when the rule decided. */
  #because = "";
  #stale = 0;
  readonly #lights: number[] = [];
  readonly #timeOfDay: Clock | undefined;

  constructor(
    readonly policy: ZonePolicy,
    readonly find: FindDevice,
  ) {
    this.#timeOfDay = policy.hours && new Clock(policy.hours.time_zone);
  }

  /** Goes on where another left off, of which this is the new version. */
  follow(before: Zone): void {
    this.lamp = before.lamp;
    this.override = before.override;
  }

  /** Decides anew; whether its lamps are to be switched. */
  decide(now: number): boolean {
    const before = this.lamp?.led_on;
    this.override = current(this.override, now);
    this.#gather(now);
    const { policy, override } = this;
    const { hours, rule } = policy;
    this.#because = "";
    if (override.mode !== "auto") {
      this.#because = personSays(override.mode, "the zone");
      this.#be(override.mode === "on", now);
    } else if (hours && !isWithin(hours, this.#timeOfDay!.minutes(clock.toWall(now)))) {
      this.#because = `${hours.outside} outside ${timeOfDay(hours.from)} to ${timeOfDay(hours.to)} (${hours.time_zone})`;
      this.#be(hours.outside === "on", now);
    } else if (this.#light === undefined) {
      const needed = policy.combine === "at_least" ? policy.at_least : 1;
      const telling = this.#lights.length;
      const missing = needed === 1 ? "no sensor tells" : `${telling} of the ${needed} sensors that are needed tell`;
      this.#because = `${missing}, ${this.#stale} ${this.#stale === 1 ? "is" : "are"} stale; left as it is`;
    } else this.lamp = decide(rule, this.lamp, this.#light, now);
    return this.lamp?.led_on !== before;
  }

  /** Why its lamps are as they are, in a sentence; null when nothing was decided. */
  get reason(): string | null {
    const { policy, lamp } = this;
    if (this.#because) return this.#because;
    if (!lamp || this.#light === undefined) return null;
    const words = zoneLight(policy.combine, this.#light, this.#lights.length, policy.at_least);
    return (
      ruleSaysOf(policy.rule, lamp, this.#light, words) + (this.#stale > 0 ? `; ${this.#stale} stale left out` : "")
    );
  }

  view(now: number): ZoneView {
    const { policy, override, lamp } = this;
    return {
      name: policy.name,
      label: policy.label ?? policy.name,
      combine: policy.combine,
      at_least: policy.at_least,
      sensors: policy.sensors.map((id) => {
        const device = this.find(id);
        return { id, light: device?.shown.light ?? null, stale: !device || !this.#tells(device, now) };
      }),
      lamps: policy.lamps,
      threshold: policy.rule.threshold,
      hysteresis: policy.rule.hysteresis,
      light: this.#light ?? null,
      led_on: lamp?.led_on ?? null,
      mode: override.mode,
      until: override.until === undefined ? null : new Date(clock.toWall(override.until)).toISOString(),
      reason: this.reason,
    };
  }

  #tells({ light, taken }: Device, now: number): boolean {
    return light !== undefined && now - taken < this.policy.stale_after;
  }

  /** Takes the light of every sensor that has reported lately. */
  #gather(now: number): void {
    const { policy, find } = this;
    const lights = this.#lights;
    lights.length = 0;
    for (const id of policy.sensors) {
      const device = find(id);
      if (device && this.#tells(device, now)) lights.push(device.light!);
    }
    this.#stale = policy.sensors.length - lights.length;
    this.#light = combine(policy.combine, lights, policy.at_least);
  }

  #be(led_on: boolean, now: number): void {
    if (this.lamp?.led_on !== led_on) this.lamp = { led_on, since: now };
  }
}
