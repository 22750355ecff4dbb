import type { Configured } from "../devices/devices.js";
import { silenceOf, type Policy } from "./policy.js";
import type { Zone } from "./zones/zone.js";

/** What the configuration has for each device. */
export class Configurations {
  #policy!: Policy;
  #common!: Configured;

  constructor(policy: Policy) {
    this.apply(policy);
  }

  /** From now on the configuration is this. */
  apply(policy: Policy): void {
    const { rule, reporting } = policy;
    this.#policy = policy;
    this.#common = { label: undefined, zone: undefined, rule, heartbeat: silenceOf(reporting) };
  }

  /** One for all that have nothing of their own. @param zone which decides for its lamp */
  of(id: string, zone: Zone | undefined): Configured {
    const particular = this.#policy.devices.get(id);
    if (!particular && !zone) return this.#common;
    const rule = zone?.policy.rule ?? particular?.rule ?? this.#policy.rule;
    return { ...this.#common, label: particular?.label, zone, rule };
  }
}
