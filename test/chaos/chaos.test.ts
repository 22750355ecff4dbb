/** Runs the fault test with all faults in a random order from a fixed seed. */
import { describe, expect, test } from "vitest";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { runFaultTest } from "./run.js";
import type { BrokerKind } from "./stand.js";
import { formatTable } from "./table.js";

const RUN_MINUTES = 2;

async function expectGuaranteesHold(broker: BrokerKind): Promise<void> {
  const outcome = await runFaultTest({ seed: 1992, minutes: RUN_MINUTES, broker });
  console.log(`${broker}\n${formatTable(outcome.rows)}`);
  expect(outcome.brokenGuarantees).toEqual([]);
}

describe.concurrent(
  "two minutes of faults lose, duplicate and reorder nothing, and lamp, board and server agree within 5 s",
  () => {
    const patience = { timeout: RUN_MINUTES * 60_000 + 90_000 };
    test("with the embedded broker", patience, () => expectGuaranteesHold("embedded"));
    test.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("with Mosquitto", patience, () => expectGuaranteesHold("mosquitto"));
  },
);
