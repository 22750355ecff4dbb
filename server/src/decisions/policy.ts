import {
  DEFAULT_CADENCE,
  LESSON_RULE,
  type Cadence,
  type CombineMethod,
  type Config,
  type Rule,
} from "../../../contract/index.js";

/** The daily hours in which a zone's lamps follow its rule. If `from` is later than `to`, the hours span midnight. */
export interface Hours {
  /** When the hours begin: minutes since midnight, 0 to 1439, in `time_zone`. */
  readonly from: number;
  /** When the hours end: minutes since midnight, 0 to 1439, in `time_zone`. */
  readonly to: number;
  /** An IANA time zone, for example `Europe/Berlin`. */
  readonly time_zone: string;
  /** Whether the lamps are always on or always off outside the hours. */
  readonly outside: "on" | "off";
}

/** A zone: a group of sensors that together control a group of lamps. */
export interface ZonePolicy {
  /** The name in the API and in topics: letters, digits, `-` and `_`. */
  readonly name: string;
  /** The name for people; `name` by default. */
  readonly label?: string;
  /** The ids of the devices whose light the zone combines. */
  readonly sensors: readonly string[];
  /** The ids of the devices whose lamps the zone controls. A lamp belongs to at most one zone. */
  readonly lamps: readonly string[];
  readonly combine: CombineMethod;
  /** For `combine: at_least`: how many sensors must be dark, from 1 to the number of sensors. */
  readonly at_least: number;
  readonly rule: Rule;
  /** How long a sensor may be silent before the zone ignores it, in ms. */
  readonly stale_after: number;
  readonly hours?: Hours;
}

/** The label and the rule that the policy contains for one device. */
export interface DevicePolicy {
  /** The name for people; the id by default. */
  readonly label?: string;
  /** The rule for the device's lamp if it belongs to no zone. */
  readonly rule?: Rule;
}

/**
 * The settings that tell boards how to report and when to decide alone. The server publishes them to each board on
 * `<id>/config`.
 */
export type Reporting = Readonly<Pick<Config, keyof Cadence | "offline" | "alone_after">>;

/** All settings on which decisions depend. The policy can be replaced while the server runs. */
export interface Policy {
  /** The rule of every device that is in no zone and has no rule of its own. */
  readonly rule: Rule;
  readonly reporting: Reporting;
  readonly devices: ReadonlyMap<string, DevicePolicy>;
  readonly zones: readonly ZonePolicy[];
}

/** The default policy: every lamp follows the light of its own device and is on below light level 300. */
export const LESSON_POLICY: Policy = {
  rule: LESSON_RULE,
  reporting: {},
  devices: new Map(),
  zones: [],
};

/** Returns the longest time between two messages of a working board, in ms. */
export function maxSilenceOf({ report, interval, heartbeat }: Reporting): number {
  if (report === "interval") return interval ?? DEFAULT_CADENCE.interval;
  return heartbeat ?? DEFAULT_CADENCE.heartbeat;
}

/** How long a zone's sensor may be silent by default, in ms: three heartbeats. */
export const DEFAULT_STALE_AFTER = 3 * DEFAULT_CADENCE.heartbeat;
