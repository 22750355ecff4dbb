import { describe, expect, it } from "vitest";
import { DEFAULT_CADENCE, isReportDue, LESSON_RULE, type LastReport } from "../../contract/index.js";
import { createCloudyDay, DAY } from "../../sim/day.js";
import type { LightSource } from "../../sim/light.js";

const HOUR = DAY / 24;
/** The number of messages that the lesson's fixed interval sends in a day. */
const LESSON_MESSAGE_COUNT = DAY / DEFAULT_CADENCE.interval;

/** Returns the readings that a board's firmware reports during a simulated day. */
function simulateReportsOfDay(source: LightSource): LastReport[] {
  const reported: LastReport[] = [];
  for (let at = 0; at < DAY; at += DEFAULT_CADENCE.sample) {
    const light = source(at);
    if (isReportDue(DEFAULT_CADENCE, LESSON_RULE, reported.at(-1), light, at)) reported.push({ light, at });
  }
  return reported;
}

describe("a day with clouds", () => {
  it("is the same for the same seed, and different for another seed", () => {
    const times = Array.from({ length: 200 }, (_, n) => 6 * HOUR + n * 211_000);
    const lightsOf = (seed: number) => times.map(createCloudyDay({ seed }));
    expect(lightsOf(3)).toEqual(lightsOf(3));
    expect(lightsOf(3)).not.toEqual(lightsOf(4));
  });

  it("is dark at night and bright at noon, and repeats", () => {
    const light = createCloudyDay({ seed: 2 });
    const noon = Math.max(...Array.from({ length: 1800 }, (_, n) => light(12 * HOUR + n * 2000)));
    expect(noon).toBeGreaterThan(900);
    for (const hour of [0, 3, 22, 26]) expect(light(hour * HOUR)).toBeLessThan(20);
    expect(createCloudyDay({ seed: 2, noisy: false })(30 * HOUR)).toBe(
      createCloudyDay({ seed: 2, noisy: false, hour: 6 })(0),
    );
  });

  it("passes faster when it is configured to be shorter", () => {
    const quick = createCloudyDay({ seed: 2, period: DAY / 100, noisy: false });
    const real = createCloudyDay({ seed: 2, noisy: false });
    for (let hour = 0; hour < 24; hour++) expect(quick((hour * HOUR) / 100)).toBe(real(hour * HOUR));
  });

  it("has about eighty clouds, with light that changes within seconds", () => {
    const light = createCloudyDay({ seed: 1, noisy: false });
    let falls = 0;
    for (let at = 0; at < DAY; at += 60_000) if (light(at) - light(at + 60_000) > 100) falls++;
    expect(falls).toBeGreaterThan(40);
    expect(falls).toBeLessThan(160);
  });

  it.each([1, 2, 3, 4, 5])("needs at most a tenth of the messages of a fixed interval: seed %i", (seed) => {
    expect(simulateReportsOfDay(createCloudyDay({ seed })).length).toBeLessThanOrEqual(LESSON_MESSAGE_COUNT / 10);
  });

  it("makes a board report every threshold crossing with the first sample after the crossing", () => {
    const source = createCloudyDay({ seed: 5 });
    const at = new Set(simulateReportsOfDay(source).map((report) => report.at));
    let before = source(0);
    for (let now = DEFAULT_CADENCE.sample; now < DAY; now += DEFAULT_CADENCE.sample) {
      const light = source(now);
      if (light < LESSON_RULE.threshold !== before < LESSON_RULE.threshold && !at.has(now))
        expect.fail(`the crossing at ${now} ms was not reported`);
      before = light;
    }
  });
});
