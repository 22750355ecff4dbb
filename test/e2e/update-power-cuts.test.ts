/**
 * Power cuts at random moments of an update over the air. Five by default; `NIGHTLIGHT_POWER_CUTS=100` runs as many as it
 * says, several boards at a time.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import type { Rig } from "../support/rig.js";
import { getTestSeed } from "../support/seed.js";
import { startReportingRig, startUpdateRig } from "./support/updates.js";

const CUTS = Number(process.env.NIGHTLIGHT_POWER_CUTS ?? 5);
/** Number of boards that run at the same time. */
const BOARDS = Math.min(CUTS, 5);
/** Speed of the boards' clock. A board without a program connects again after 32 s. */
const SPEED = 8;
/** Longest time after the end of an update at which the power is cut, in ms: until the new program is on MQTT. */
const RESTART_TIME = 800;

let rig: Rig;
beforeAll(async () => {
  rig = await startReportingRig();
});
afterAll(() => rig.close());

it(`recovers from each of ${CUTS} power cuts by itself, and loses no reading at an update`, { timeout: 60_000 + CUTS * 15_000 }, async () => {
  const moments = fc.sample(fc.tuple(fc.constantFrom("before", "during", "after"), fc.double({ min: 0, max: 1, noNaN: true })), { numRuns: CUTS, seed: getTestSeed() }); // prettier-ignore
  const worker = async (): Promise<number> => {
    const system = await startUpdateRig({ rig, speed: SPEED });
    const { board, updates, images } = system;
    const interruptedBoots = new Set<number>();
    let recovered = 0;
    for (let moment = moments.pop(), round = 1; moment; moment = moments.pop(), round++) {
      const [stage, fraction] = moment;
      const target = images[round % 2];
      const firstBoot = system.lastBoot();
      updates.image = Buffer.from(target.bytes);
      const cut = new Promise<void>((resolve) => {
        const cutAfter = (ms: number) => setTimeout(() => resolve(board.kill()), ms);
        if (stage === "before") void system.act("update").then(() => cutAfter(fraction * 200));
        else
          updates.onprogress = (bytes) => {
            if (stage === "during" ? bytes < fraction * target.bytes.length : bytes < target.bytes.length) return;
            updates.onprogress = undefined;
            cutAfter(stage === "during" ? 0 : fraction * RESTART_TIME);
          };
      });
      if (stage !== "before") await system.act("update");
      await cut;
      await eventually(() => system.version() === undefined, { what: "the broker to notice the cut" });
      const lastBoot = system.lastBoot();
      if (lastBoot !== undefined && (stage === "before" || lastBoot !== firstBoot)) interruptedBoots.add(lastBoot);
      await board.start();
      // a board whose power was cut before the handover keeps its program: it is asked again
      await eventually(() => system.version(), { within: 30_000, what: `the board after a cut ${stage} the writing` });
      if (system.version() !== target.version) await system.act("update");
      await system.waitForVersion(target.version, 30_000);
      const seen = rig.seen.length;
      const reports = () => rig.seen.slice(seen).some(({ topic }) => topic === `${board.id}/telemetry`);
      await eventually(reports, { what: "a reading after the update" });
      recovered++;
    }
    expect(system.missingReadings(interruptedBoots)).toEqual([]);
    await system.close();
    return recovered;
  };
  const recovered = await Promise.all(Array.from({ length: BOARDS }, worker));
  const total = recovered.reduce((sum, count) => sum + count, 0);
  console.log(`${total} of ${CUTS} power cuts recovered`);
  expect(total).toBe(CUTS);
}); // prettier-ignore
