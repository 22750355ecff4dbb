import type { CombineMethod } from "../../../../contract/index.js";
import type { Mode } from "../../devices/override.js";

/** A zone as the API, the event stream and the dashboard show it. */
export interface ZoneView {
  readonly name: string;
  /** The name for people; `name` unless the policy contains a label. */
  readonly label: string;
  readonly combine: CombineMethod;
  /** For `combine: at_least`: how many sensors must be dark. */
  readonly at_least: number;
  readonly sensors: readonly ZoneSensor[];
  /** The ids of the devices whose lamps the zone controls. */
  readonly lamps: readonly string[];
  /** The light level below which the lamps go on. They go off from `threshold + hysteresis`. */
  readonly threshold: number;
  readonly hysteresis: number;
  /** The hours in which the zone follows its rule; null if it always does. */
  readonly hours: ZoneHours | null;
  /** The combined light of the sensors; null if too few sensors have reported. */
  readonly light: number | null;
  /** The decision for the lamps, apart from lamps with an override of their own; null before the first decision. */
  readonly led_on: boolean | null;
  /** The override that a person has set: `on` or `off`; `auto` if there is none. */
  readonly mode: Mode;
  /** When the override ends, in ISO 8601; null without an override, or if the override has no end. */
  readonly until: string | null;
  /** Why the lamps are on or off, in a sentence for people; null before the first decision. */
  readonly reason: string | null;
}

export interface ZoneHours {
  /** When the hours begin, as `hh:mm` in `time_zone`. If `from` is later than `to`, the hours span midnight. */
  readonly from: string;
  /** When the hours end, as `hh:mm` in `time_zone`. */
  readonly to: string;
  /** An IANA time zone, for example `Europe/Berlin`. */
  readonly time_zone: string;
  /** Whether the lamps are always on or always off outside the hours. */
  readonly outside: "on" | "off";
}

export interface ZoneSensor {
  readonly id: string;
  /** The newest reading, 0 to 1023; null if there is none. */
  readonly light: number | null;
  /** Whether the zone ignores the sensor because it has been silent for too long. */
  readonly stale: boolean;
}
