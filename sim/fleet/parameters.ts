/** By which rule each device goes, and how it reports: what `<id>/config` says, as the firmware takes it. */
import { CONFIG, decode, DEFAULT_CADENCE, LESSON_RULE, type Cadence, type Rule } from "../../contract/index.js";

export interface Parameters extends Rule, Cadence {}

/** As long as nothing else was said. */
export const DEFAULTS: Parameters = { ...LESSON_RULE, ...DEFAULT_CADENCE };
/** A lesson device: a reading every two seconds, whatever the light does. */
export const LESSON: Parameters = { ...DEFAULTS, report: "interval" };

/** Of a hundred thousand devices most have the same: each set is kept once. */
export class ParameterSets {
  readonly #sets: Parameters[];
  readonly #byText = new Map<string, number>();
  /** The shortest time between two looks at a sensor that any of them has, in ms. */
  sample: number;

  constructor(first: Parameters) {
    this.#sets = [first];
    this.sample = first.sample;
  }

  get(set: number): Parameters {
    return this.#sets[set];
  }

  /** The number of the set that this payload of `<id>/config` stands for; undefined when it is not one. */
  read(payload: Buffer): number | undefined {
    // an empty message, which clears a retained one
    if (payload.length === 0) return 0;
    const text = payload.toString("latin1");
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const { value } = decode(CONFIG, payload);
    if (!value || this.#sets.length === 0xffff) return undefined;
    const set = { ...DEFAULTS };
    // what a virtual device has no use for, is left out
    for (const name of Object.keys(set) as (keyof Parameters)[])
      if (value[name] !== undefined) Object.assign(set, { [name]: value[name] });
    this.sample = Math.min(this.sample, set.sample);
    this.#byText.set(text, this.#sets.push(set) - 1);
    return this.#sets.length - 1;
  }
}
