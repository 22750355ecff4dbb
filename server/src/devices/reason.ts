import type { CombineMethod, Lamp, Rule } from "../../../contract/index.js";
import type { Mode } from "./override.js";

/** This module builds the sentences that explain decisions to people. It builds them only when somebody views them. */

/**
 * Maximum number of cached sentences per rule; a full cache is cleared. Lamps with the same rule switch at similar
 * light levels.
 */
const MAX_CACHED_SENTENCES = 4096;
/** Cached sentences by light level: one map for lamps that are off and one for lamps that are on. */
type CachedReasons = readonly [off: Map<number, string>, on: Map<number, string>];
const reasonCache = new WeakMap<Rule, CachedReasons>();

const formatMinimumTime = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

/** Formats a light level for people. */
export function formatLight(light: number): string {
  return String(Math.round(light * 10) / 10);
}

export function explainOverride(mode: Exclude<Mode, "auto">, what: string): string {
  return `a person keeps ${what} ${mode}`;
}

/** The reason to show while a board decides alone. */
export const BOARD_REASON = "the board decides alone: it could not reach the server";

/** Explains the lamp of a board that has not followed the decision yet, for example because it has just started. */
export function explainLampState(led_on: boolean): string {
  return `the board reports that its lamp is ${led_on ? "on" : "off"}`;
}

/** Explains the lamp of a board that has switched it while the server could not hear the board. */
export function explainLateState(led_on: boolean): string {
  return `the board reported later that its lamp was ${led_on ? "on" : "off"}`;
}

/** Explains a decision of a rule, for example "light 212 < 300". */
export function explainRule(rule: Rule, lamp: Lamp, light: number): string {
  let sentences = reasonCache.get(rule);
  if (!sentences) reasonCache.set(rule, (sentences = [new Map(), new Map()]));
  const known = sentences[lamp.led_on ? 1 : 0];
  let sentence = known.get(light);
  if (sentence === undefined) {
    if (known.size === MAX_CACHED_SENTENCES) known.clear();
    known.set(light, (sentence = explainRuleWithLight(rule, lamp, light, `light ${formatLight(light)}`)));
  }
  return sentence;
}

/** Explains a decision of a rule. @param words description of the light, for example "median 212 of 5 sensors" */
export function explainRuleWithLight(rule: Rule, { led_on }: Lamp, light: number, words: string): string {
  const { threshold, hysteresis, min_on, min_off } = rule;
  if (light < threshold)
    return led_on
      ? `${words} < ${threshold}`
      : `${words} < ${threshold}, but off for at least ${formatMinimumTime(min_off)}`;
  if (!led_on) return `${words} ≥ ${threshold}`;
  const off = threshold + hysteresis;
  return light < off
    ? `${words} < ${off}, where it goes off`
    : `${words} ≥ ${off}, but on for at least ${formatMinimumTime(min_on)}`;
}

/** Describes the light of a zone, for example "median 212 of 5 sensors". */
export function describeZoneLight(how: CombineMethod, light: number, sensors: number, atLeast: number): string {
  const which =
    how === "median"
      ? how
      : how === "any"
        ? "darkest"
        : how === "all"
          ? "brightest"
          : `${formatOrdinal(atLeast)} darkest`;
  return `${which} ${formatLight(light)} of ${sensors} ${sensors === 1 ? "sensor" : "sensors"}`;
}

function formatOrdinal(n: number): string {
  const last = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
  return `${n}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}
