/** Everything at once: a run over all faults in an order by chance, the same at every time. */
import { describe, expect, test } from "vitest";
import { missing, MOSQUITTO } from "../support/programs.js";
import { run } from "./run.js";
import type { BrokerKind } from "./stand.js";
import { table } from "./table.js";

const MINUTES = 2;

async function check(broker: BrokerKind): Promise<void> {
  const outcome = await run({ seed: 1992, minutes: MINUTES, broker });
  console.log(`${broker}\n${table(outcome.rows)}`);
  expect(outcome.broken).toEqual([]);
}

describe.concurrent(
  "two minutes of faults leave nothing lost, doubled or out of order, and all agree 5 s later",
  () => {
    const patience = { timeout: MINUTES * 60_000 + 90_000 };
    test("with the embedded broker", patience, () => check("embedded"));
    test.skipIf(missing(MOSQUITTO, "Mosquitto"))("with Mosquitto", patience, () => check("mosquitto"));
  },
);
