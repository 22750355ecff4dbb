/** Tests that the fault test detects every kind of lost, duplicate or out-of-order reading and action. */
import { describe, expect, test } from "vitest";
import { Ledger } from "./ledger.js";
import { countReadings } from "./readings.js";
import { createRandom } from "./random.js";
import { scheduleFaults } from "./schedule.js";

const createLiveReading = (seq: number, run = 1) => ({ seq, age: 0, run });
const createBacklogReading = (seq: number, run = 1) => ({ seq, age: 5000, run });
const noFailures = { lost: 0, lostByPowerCut: 0, duplicated: 0, storedAgainAfterKill: 0, outOfOrder: 0 };

describe("the account of readings", () => {
  test("accepts an outage after which the newest reading arrives first and the others in order", () => {
    const stored = [
      createLiveReading(1),
      createLiveReading(2),
      createBacklogReading(6),
      createBacklogReading(3),
      createBacklogReading(4),
      createLiveReading(7),
      createBacklogReading(5),
      createLiveReading(8),
    ];
    expect(countReadings(stored, 1, 8)).toEqual({ ...noFailures, taken: 8, stored: 8 });
  });

  test("counts lost readings separately from those lost by a power cut", () => {
    expect(countReadings([createLiveReading(1), createLiveReading(4)], 1, 5)).toEqual({
      ...noFailures,
      taken: 5,
      stored: 2,
      lost: 3,
    });
    expect(countReadings([createLiveReading(1), createLiveReading(4)], 2, 5, 1)).toEqual({
      ...noFailures,
      taken: 4,
      stored: 1,
      lostByPowerCut: 3,
    });
    expect(countReadings([createLiveReading(1)], 1, 2, 2), "a reading lost before the power cut").toMatchObject({
      lost: 1,
    });
  });

  test("counts readings stored twice by one server run separately from those stored again after a kill", () => {
    expect(countReadings([createLiveReading(1), createLiveReading(2), createLiveReading(2)], 1, 2)).toMatchObject({
      stored: 2,
      duplicated: 1,
      storedAgainAfterKill: 0,
    });
    expect(countReadings([createLiveReading(1), createLiveReading(2), createLiveReading(2, 2)], 1, 2)).toMatchObject({
      stored: 2,
      duplicated: 0,
      storedAgainAfterKill: 1,
    });
  });

  test("counts live readings and backlog readings that arrive out of order", () => {
    expect(countReadings([createLiveReading(1), createLiveReading(3), createLiveReading(2)], 1, 3)).toMatchObject({
      outOfOrder: 1,
    });
    expect(
      countReadings(
        [
          createLiveReading(1),
          createBacklogReading(5),
          createBacklogReading(3),
          createBacklogReading(2),
          createBacklogReading(4),
        ],
        1,
        5,
      ),
    ).toMatchObject({ outOfOrder: 1 });
  });
});

describe("the ledger", () => {
  const createReplyEntry = (seq: number, uptime: number) => ({
    event: "received",
    channel: "replies",
    id: "porch",
    message: { seq, ok: true, uptime },
  });

  test("counts actions that were executed once or twice, lost, or gone with the memory of the broker or the board", () => {
    const ledger = new Ledger();
    for (let n = 1; n <= 4; n++) ledger.recordIssuedAction("porch");
    for (const [seq, uptime] of [
      [1, 100],
      [2, 200],
      [2, 200],
      [3, 300],
      [3, 350],
    ])
      ledger.addLogEntry(createReplyEntry(seq, uptime), 1);
    ledger.closePeriod("one", 10);
    ledger.recordIssuedAction("porch");
    ledger.recordBrokerMemoryLoss();
    ledger.closePeriod("two", 20);
    expect(ledger.createResultRows()).toMatchObject([
      { fault: "one", issued: 4, executed: 3, doubled: 1, lostActions: 0, gone: 1, maxTime: 10 },
      { fault: "two", issued: 1, executed: 0, doubled: 0, lostActions: 0, gone: 1, maxTime: 20 },
    ]);
    for (const id of ["porch", "hall"]) ledger.recordIssuedAction(id);
    ledger.recordPowerCut("hall", 0);
    ledger.closePeriod("three", 0);
    expect(ledger.createResultRows()[2]).toMatchObject({ lostActions: 1, gone: 1 });
  });

  test("assigns readings to the fault during which they were taken, and ignores duplicates that the server detected", () => {
    const ledger = new Ledger();
    const addReading = (seq: number, event = "received") =>
      ledger.addLogEntry({ event, channel: "telemetry", id: "porch", message: { light: 1, boot: 7, seq, age: 0 } }, 1);
    for (const seq of [1, 2, 2]) addReading(seq);
    addReading(2, "duplicate");
    ledger.closePeriod("one", 0);
    for (const seq of [3, 5, 5]) addReading(seq);
    ledger.closePeriod("two", 0);
    expect(ledger.createResultRows()).toMatchObject([
      { fault: "one", taken: 2, stored: 2, lost: 0, duplicated: 0 },
      { fault: "two", taken: 3, stored: 2, lost: 1, duplicated: 1 },
    ]);
    expect(ledger.countOutstanding()).toBe(1);
  });
});

describe("the schedule", () => {
  const drawSteps = (seed: number, broker: "embedded" | "mosquitto", count: number) => {
    const steps = scheduleFaults(createRandom(seed), broker, 3);
    return Array.from({ length: count }, () => {
      const { fault, text, pause } = steps.next().value!;
      return { fault, text, pause };
    });
  };

  test("is the same for the same seed and different for a different one", () => {
    expect(drawSteps(1, "embedded", 60)).toEqual(drawSteps(1, "embedded", 60));
    expect(drawSteps(1, "embedded", 60)).not.toEqual(drawSteps(2, "embedded", 60));
  });

  test("contains every fault once in each round, and kills only Mosquitto as a broker", () => {
    const faultNamesOf = (steps: { fault: string }[]) => steps.map(({ fault }) => fault);
    const round = faultNamesOf(drawSteps(3, "mosquitto", 24));
    expect(new Set(round).size).toBe(22);
    expect(round).toContain("broker kill -9, memory lost");
    expect(faultNamesOf(drawSteps(3, "embedded", 200)).filter((name) => /broker|link/.test(name))).toEqual([]);
  });

  test("lists the known faults in the error about an unknown one", () => {
    expect(() => scheduleFaults(createRandom(1), "embedded", 1, "rain").next()).toThrow(
      /Unknown fault "rain"\. Known faults: cut \(RST\)/,
    );
  });
});
