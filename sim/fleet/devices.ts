/** What is remembered of each device: some thirty bytes, so that a hundred thousand take no more than a few megabytes. */
import { decide, type Rule } from "../../contract/index.js";
import { mix } from "../random.js";
import { EITHER, OFF, ON } from "./ledger.js";

/** How much later than the rule's shortest time the server may know that it is over, in ms. */
const SLACK = 2000;

export class Devices {
  /** The light that was reported last. */
  readonly light: Uint16Array;
  /** When that was, in ms; NaN when nothing was reported yet. */
  readonly reportedAt: Float64Array;
  readonly seq: Uint32Array;
  /** Which of the parameters apply: see `ParameterSets`. */
  readonly parameters: Uint16Array;
  /** As it was commanded last: OFF, ON, or EITHER before that. */
  readonly lamp: Uint8Array;
  /** Since when, in ms. */
  readonly lampSince: Float64Array;
  /** What it is to be after the newest reading. */
  readonly expected: Uint8Array;
  /** Tells this run of the fleet from others, to whoever knows the devices from then. */
  readonly #run: number;

  /** @param run any integer that is another one at each run */
  constructor(
    readonly count: number,
    run: number,
  ) {
    this.light = new Uint16Array(count);
    this.reportedAt = new Float64Array(count).fill(NaN);
    this.seq = new Uint32Array(count);
    this.parameters = new Uint16Array(count);
    this.lamp = new Uint8Array(count).fill(EITHER);
    this.lampSince = new Float64Array(count);
    this.expected = new Uint8Array(count).fill(EITHER);
    this.#run = run;
  }

  /** Tells one run of the device from the next. */
  boot(device: number): number {
    return mix(this.#run + device) & 0x7fffffff;
  }

  /** The lamp is now as commanded; true when it was another. */
  switch(device: number, led_on: boolean, now: number): boolean {
    const lamp = led_on ? ON : OFF;
    if (this.lamp[device] === lamp) return false;
    this.lamp[device] = lamp;
    this.lampSince[device] = now;
    return true;
  }

  /** What the rule makes of the lamp after this reading, which is remembered: OFF, ON, or EITHER. */
  expect(device: number, rule: Rule, light: number, now: number): number {
    const before = this.expected[device];
    const wanted =
      before === EITHER ? agreed(decided(rule, OFF, light), decided(rule, ON, light)) : decided(rule, before, light);
    const shortest = Math.max(rule.min_on, rule.min_off);
    // the server's clock is another one: whether a shortest time is over is not known to the millisecond
    const held = shortest > 0 && wanted !== before && now - this.lampSince[device] < shortest + SLACK;
    return (this.expected[device] = held ? EITHER : wanted);
  }
}

/** What the rule makes of a lamp that has been as it is for long. */
function decided(rule: Rule, lamp: number, light: number): number {
  return decide(rule, { led_on: lamp === ON, since: -Infinity }, light, 0).led_on ? ON : OFF;
}

function agreed(a: number, b: number): number {
  return a === b ? a : EITHER;
}
