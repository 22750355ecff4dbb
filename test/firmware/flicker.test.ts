import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import { brokerSettingsOf } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";
import { averageSwitchesInWorstMinute } from "./support/dusk.js";

const firmwarePage = readFileSync(path.join(ROOT, "docs/reference/firmware.md"), "utf8");

describe("the lamp at dusk with a noisy sensor", () => {
  it.each([2.4, 10, 20])("switches as often as the docs say, with noise up to ±%d", (noise) => {
    const figures = [0, 20].flatMap((hysteresis) =>
      [false, true].map((averaged) => Math.round(averageSwitchesInWorstMinute({ noise, hysteresis, averaged }))),
    );
    expect(firmwarePage).toContain(`| ±${noise} | ${figures.join(" | ")} |`);
    const [single, averaged, , withHysteresis] = figures;
    expect(averaged).toBeLessThan(single);
    expect(withHysteresis).toBeLessThan(10);
  });
});

describe("a board with a noisy sensor", () => {
  const id = "nightlight/noisy";
  const [LOW, HIGH] = [400, 600];
  let rig: Rig;
  beforeAll(async () => {
    const reporting = { report: "interval", interval: 250, sample: 250 } as const;
    rig = await startRig({ broker: "embedded", ids: [], server: { policy: { ...LESSON_POLICY, reporting } } });
  });
  afterAll(() => rig?.close());

  it("reports the mean of the samples since the last reading", async () => {
    const lightAt = (ms: number) => (Math.floor(ms / 100) % 2 === 0 ? LOW : HIGH);
    await rig.simulator.add({ id, light: lightAt, settings: brokerSettingsOf(rig.url) }).start();
    const listReceivedReadings = () =>
      rig.seen
        .filter(({ topic }) => topic === topicOf(id, "telemetry"))
        .map(({ text }) => (JSON.parse(text) as { light: number }).light);
    await eventually(() => listReceivedReadings().length >= 30, { within: 60_000, what: "thirty readings" });
    expect(
      listReceivedReadings().filter((reading) => reading > LOW + 20 && reading < HIGH - 20).length,
    ).toBeGreaterThan(5);
  });
});
