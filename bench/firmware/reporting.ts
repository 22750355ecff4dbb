/** Counts the messages that the contract's reporting policies send for a day of light. */
import { DEFAULT_CADENCE, isReportDue, LESSON_RULE, type Cadence, type LastReport } from "../../contract/index.js";

/** Returns how many messages a board sends with one reporting policy. `light` has one value every `step` ms. */
export function countMessages(light: readonly number[], step: number, change: Partial<Cadence>): number {
  const cadence = { ...DEFAULT_CADENCE, ...change };
  let last: LastReport | undefined;
  let messages = 0;
  for (let now = 0; now < light.length * step; now += cadence.sample) {
    const value = light[Math.floor(now / step)];
    if (!isReportDue(cadence, LESSON_RULE, last, value, now)) continue;
    messages++;
    last = { light: value, at: now };
  }
  return messages;
}
