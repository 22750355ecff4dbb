/** Stores the rule and the reporting parameters of devices, parsed from `<id>/config` like the firmware does. */
import { CONFIG, decode, DEFAULT_CADENCE, LESSON_RULE, type Cadence, type Rule } from "../../contract/index.js";

/** The lamp rule and the reporting parameters of a device. */
export interface DeviceParameters extends Rule, Cadence {}

/** Parameters of a device without configuration. */
export const DEFAULT_PARAMETERS: DeviceParameters = { ...LESSON_RULE, ...DEFAULT_CADENCE };
/** Parameters of a lesson device, which sends a reading every two seconds regardless of the light. */
export const LESSON_PARAMETERS: DeviceParameters = { ...DEFAULT_PARAMETERS, report: "interval" };

/** Stores each distinct parameter set once, because most devices share the same parameters. */
export class ParameterSets {
  readonly #sets: DeviceParameters[];
  readonly #byText = new Map<string, number>();
  /** Shortest sampling interval of all sets, in ms. */
  shortestSample: number;

  constructor(first: DeviceParameters) {
    this.#sets = [first];
    this.shortestSample = first.sample;
  }

  /** Returns a parameter set by its number. */
  get(set: number): DeviceParameters {
    return this.#sets[set];
  }

  /** Parses a payload of `<id>/config`. Returns the number of its parameter set, or undefined if invalid. */
  read(payload: Buffer): number | undefined {
    // an empty payload deletes the retained configuration, so return set 0 with the defaults
    if (payload.length === 0) return 0;
    const text = payload.toString("latin1");
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const { value } = decode(CONFIG, payload);
    if (!value || this.#sets.length === 0xffff) return undefined;
    const set = { ...DEFAULT_PARAMETERS };
    // ignore parameters that a virtual device does not use
    for (const name of Object.keys(set) as (keyof DeviceParameters)[])
      if (value[name] !== undefined) Object.assign(set, { [name]: value[name] });
    this.shortestSample = Math.min(this.shortestSample, set.sample);
    this.#byText.set(text, this.#sets.push(set) - 1);
    return this.#sets.length - 1;
  }
}
