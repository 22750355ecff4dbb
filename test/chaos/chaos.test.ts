/** Runs the fault test with all faults in a random order from a fixed seed. */
import { describe, expect, test } from "vitest";
import { missing, MOSQUITTO } from "../support/programs.js";
import { run } from "./run.js";
import type { BrokerKind } from "./stand.js";
import { table } from "./table.js";

const MINUTES = 2;

async function check(broker: BrokerKind): Promise<void> {
  const outcome = await run({ seed: 1992, minutes: MINUTES, broker });
  console.log(`${broker}\n${table(outcome.rows)}`);
  expect(outcome.brokenGuarantees).toEqual([]);
}

describe.concurrent(
  "two minutes of faults lose, duplicate and reorder nothing, and lamp, board and server agree within 5 s",
  () => {
    const patience = { timeout: MINUTES * 60_000 + 90_000 };
    test("with the embedded broker", patience, () => check("embedded"));
    test.skipIf(missing(MOSQUITTO, "Mosquitto"))("with Mosquitto", patience, () => check("mosquitto"));
  },
);
