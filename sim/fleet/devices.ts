/** Stores the state of virtual devices in typed arrays, about 30 bytes for each device. */
import { decide, type Rule } from "../../contract/index.js";
import { hashInteger } from "../random.js";
import { LAMP_EITHER, LAMP_OFF, LAMP_ON } from "./reading-tracker.js";

/** Time for which both lamp states still count as correct after the end of a minimum on or off time, in ms. */
const CLOCK_TOLERANCE = 2000;

/** The state of all virtual devices; each array is indexed by device number. */
export class Devices {
  /** Light level of the last sent reading, 0..1023. */
  readonly light: Uint16Array;
  /** Time of the last report, in ms; NaN before the first report. */
  readonly reportedAt: Float64Array;
  /** Sequence number of the last sent reading. */
  readonly seq: Uint32Array;
  /** Number of the device's parameter set, see `ParameterSets`. */
  readonly parameters: Uint16Array;
  /** Last commanded lamp state: `LAMP_OFF` or `LAMP_ON`, or `LAMP_EITHER` before the first command. */
  readonly lamp: Uint8Array;
  /** Time of the last lamp switch, in ms. */
  readonly lampSince: Float64Array;
  /** Expected lamp state after the newest reading: `LAMP_OFF`, `LAMP_ON` or `LAMP_EITHER`. */
  readonly expected: Uint8Array;
  /** A random number that gives the devices new boot ids on each run of the fleet. */
  readonly #run: number;

  /**
   * @param count number of devices
   * @param run an integer that differs for each run of the fleet
   */
  constructor(
    readonly count: number,
    run: number,
  ) {
    this.light = new Uint16Array(count);
    this.reportedAt = new Float64Array(count).fill(NaN);
    this.seq = new Uint32Array(count);
    this.parameters = new Uint16Array(count);
    this.lamp = new Uint8Array(count).fill(LAMP_EITHER);
    this.lampSince = new Float64Array(count);
    this.expected = new Uint8Array(count).fill(LAMP_EITHER);
    this.#run = run;
  }

  /** Returns the boot id of a device, which differs for each run of the fleet. */
  bootIdOf(device: number): number {
    return hashInteger(this.#run + device) & 0x7fffffff;
  }

  /** Sets the lamp as commanded. Returns true when the state changed. */
  switch(device: number, led_on: boolean, now: number): boolean {
    const lamp = led_on ? LAMP_ON : LAMP_OFF;
    if (this.lamp[device] === lamp) return false;
    this.lamp[device] = lamp;
    this.lampSince[device] = now;
    return true;
  }

  /** Computes and stores the lamp state that the rule requires after a reading: `LAMP_OFF`, `LAMP_ON` or `LAMP_EITHER`. */
  updateExpected(device: number, rule: Rule, light: number, now: number): number {
    const before = this.expected[device];
    const wanted =
      before === LAMP_EITHER
        ? combineStates(applyRule(rule, LAMP_OFF, light), applyRule(rule, LAMP_ON, light))
        : applyRule(rule, before, light);
    const shortest = Math.max(rule.min_on, rule.min_off);
    // the server's clock differs slightly, so near the end of a minimum time both states are correct
    const isMinimumTime =
      shortest > 0 && wanted !== before && now - this.lampSince[device] < shortest + CLOCK_TOLERANCE;
    return (this.expected[device] = isMinimumTime ? LAMP_EITHER : wanted);
  }
}

/** Applies the rule to a lamp whose minimum on or off time is over. */
function applyRule(rule: Rule, lamp: number, light: number): number {
  return decide(rule, { led_on: lamp === LAMP_ON, since: -Infinity }, light, 0).led_on ? LAMP_ON : LAMP_OFF;
}

/** Returns the state if both lamp states are equal, otherwise `LAMP_EITHER`. */
function combineStates(a: number, b: number): number {
  return a === b ? a : LAMP_EITHER;
}
