import type { Combine, Lamp, Rule } from "../../../contract/index.js";
import type { Mode } from "./override.js";

/** Why things are as they are, in words: put together only when somebody asks. */

/** So many sentences are remembered for each rule: lamps that follow it are switched at the same few light levels. */
const REMEMBERED = 4096;
/** By the light of lamps that are on, and of others. */
type Said = readonly [off: Map<number, string>, on: Map<number, string>];
const said = new WeakMap<Rule, Said>();

const duration = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

/** A light level as people want to read it. */
export function level(light: number): string {
  return String(Math.round(light * 10) / 10);
}

export function personSays(mode: Exclude<Mode, "auto">, what: string): string {
  return `a person keeps ${what} ${mode}`;
}

/** Why a board is as it is that has heard no server. */
export const BOARD_SAYS = "the board decides alone: it could not reach the server";

/** Why the rule has a lamp as it is: "light 212 < 300". */
export function ruleSays(rule: Rule, lamp: Lamp, light: number): string {
  let sentences = said.get(rule);
  if (!sentences) said.set(rule, (sentences = [new Map(), new Map()]));
  const known = sentences[lamp.led_on ? 1 : 0];
  let sentence = known.get(light);
  if (sentence === undefined) {
    if (known.size === REMEMBERED) known.clear();
    known.set(light, (sentence = ruleSaysOf(rule, lamp, light, `light ${level(light)}`)));
  }
  return sentence;
}

/** The same of a light that is said in words. */
export function ruleSaysOf(rule: Rule, { led_on }: Lamp, light: number, words: string): string {
  const { threshold, hysteresis, min_on, min_off } = rule;
  if (light < threshold)
    return led_on ? `${words} < ${threshold}` : `${words} < ${threshold}, but off for at least ${duration(min_off)}`;
  if (!led_on) return `${words} ≥ ${threshold}`;
  const off = threshold + hysteresis;
  return light < off
    ? `${words} < ${off}, where it goes off`
    : `${words} ≥ ${off}, but on for at least ${duration(min_on)}`;
}

/** The light level of a zone, and where it comes from: "median 212 of 5 sensors". */
export function zoneLight(how: Combine, light: number, sensors: number, atLeast: number): string {
  const which =
    how === "median" ? how : how === "any" ? "darkest" : how === "all" ? "brightest" : `${ordinal(atLeast)} darkest`;
  return `${which} ${level(light)} of ${sensors} ${sensors === 1 ? "sensor" : "sensors"}`;
}

function ordinal(n: number): string {
  const last = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
  return `${n}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}
