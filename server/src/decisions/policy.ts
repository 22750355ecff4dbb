import {
  DEFAULT_CADENCE,
  LESSON_RULE,
  type Cadence,
  type Combine,
  type Config,
  type Rule,
} from "../../../contract/index.js";

/** A time of day when a zone may be lit. From after to: over midnight. */
export interface Hours {
  /** Minutes since midnight, 0 to 1439, by the clock of `time_zone`. */
  readonly from: number;
  readonly to: number;
  /** An IANA name, such as `Europe/Berlin`. */
  readonly time_zone: string;
  /** What the lamps are outside these hours. */
  readonly outside: "on" | "off";
}

/** Sensors that decide together for lamps. */
export interface ZonePolicy {
  /** Names it in the API and on the wire: letters, digits, `-` and `_`. */
  readonly name: string;
  /** For people; the name unless given. */
  readonly label?: string;
  /** Ids of the devices whose light counts. */
  readonly sensors: readonly string[];
  /** Ids of the devices whose lamps it switches; each lamp is in one zone at most. */
  readonly lamps: readonly string[];
  readonly combine: Combine;
  /** For `at_least`: how many sensors must be dark, 1 to the number of sensors. */
  readonly at_least: number;
  readonly rule: Rule;
  /** A sensor that has not reported for so long is left out, in ms. */
  readonly stale_after: number;
  readonly hours?: Hours;
}

/** What is particular to a device. */
export interface DevicePolicy {
  /** For people; the id unless given. */
  readonly label?: string;
  /** By which it decides for itself, when it is in no zone. */
  readonly rule?: Rule;
}

/** How boards report, and when they decide alone: told to each in `<id>/config`. */
export type Reporting = Readonly<Pick<Config, keyof Cadence | "offline" | "alone_after">>;

/** What decisions go by. It can be replaced while the server runs. */
export interface Policy {
  /** Of every device that is in no zone and has none of its own. */
  readonly rule: Rule;
  readonly reporting: Reporting;
  readonly devices: ReadonlyMap<string, DevicePolicy>;
  readonly zones: readonly ZonePolicy[];
}

/** The lesson's: each device decides for itself, on below 300. */
export const LESSON_POLICY: Policy = {
  rule: LESSON_RULE,
  reporting: {},
  devices: new Map(),
  zones: [],
};

/** The longest silence of a board that is there, in ms. */
export function silenceOf({ report, interval, heartbeat }: Reporting): number {
  if (report === "interval") return interval ?? DEFAULT_CADENCE.interval;
  return heartbeat ?? DEFAULT_CADENCE.heartbeat;
}

/** How long a zone's sensor may be silent, in ms: three heartbeats. */
export const STALE_AFTER = 3 * DEFAULT_CADENCE.heartbeat;
