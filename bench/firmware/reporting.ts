/** What a day costs: the policies of the contract, over the light of a day. */
import { DEFAULT_CADENCE, isDue, LESSON_RULE, type Cadence, type Reported } from "../../contract/index.js";

export interface Count {
  readonly messages: number;
  /** From a crossing of the threshold in the light to the reading that tells of it, in ms, one for each crossing. */
  readonly delays: number[];
}

/** Runs one policy over light that is given once every `step` ms. */
export function count(light: readonly number[], step: number, change: Partial<Cadence>): Count {
  const cadence = { ...DEFAULT_CADENCE, ...change };
  const { threshold } = LESSON_RULE;
  const end = light.length * step;
  const at = (time: number): number => light[Math.min(light.length - 1, Math.floor(time / step))];
  let last: Reported | undefined;
  let messages = 0;
  const delays: number[] = [];
  /** When the light last crossed the threshold without a reading that tells of it. */
  let crossed: number | undefined;
  let before = at(0);
  for (let now = 0; now < end; now += cadence.sample) {
    const value = at(now);
    // it changed at a step of the light, which may have been before this look
    if (value < threshold !== before < threshold)
      crossed = crossed === undefined ? Math.floor(now / step) * step : undefined;
    before = value;
    if (!isDue(cadence, LESSON_RULE, last, value, now)) continue;
    messages++;
    last = { light: value, at: now };
    if (crossed !== undefined) delays.push(now - crossed);
    crossed = undefined;
  }
  return { messages, delays };
}
