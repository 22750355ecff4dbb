import type { Combine } from "../../../../contract/index.js";
import type { Mode } from "../../devices/override.js";

/** A zone as the API, the events and the dashboard show it. */
export interface ZoneView {
  readonly name: string;
  /** For people; the name unless the configuration gives one. */
  readonly label: string;
  readonly combine: Combine;
  /** For `at_least`: how many sensors must be dark. */
  readonly at_least: number;
  readonly sensors: readonly ZoneSensor[];
  /** Ids of the devices whose lamps it switches. */
  readonly lamps: readonly string[];
  /** On below `threshold`, off from `threshold + hysteresis` on. */
  readonly threshold: number;
  readonly hysteresis: number;
  /** The light level by which it decides; null when too few sensors tell. */
  readonly light: number | null;
  /** What its lamps are to be, those apart that a person overrides one by one; null when nothing was decided. */
  readonly led_on: boolean | null;
  /** `auto`, or a person's override. */
  readonly mode: Mode;
  /** When the override ends, ISO 8601; null when it lasts, or there is none. */
  readonly until: string | null;
  /** Why, in a sentence for people; null when nothing was decided. */
  readonly reason: string | null;
}

export interface ZoneSensor {
  readonly id: string;
  /** Its newest reading, 0 to 1023; null when there is none. */
  readonly light: number | null;
  /** Whether it is left out, because it has been silent for too long. */
  readonly stale: boolean;
}
