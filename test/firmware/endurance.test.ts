/**
 * Endurance tests of the firmware. Except during a connect, the virtual machine's clock runs 50 or 100 times faster: half a
 * minute of the test is 25 or 50 minutes for the board. Network and broker run at normal speed, so the board waits that
 * many times longer for an answer by its own clock.
 */
import { afterAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import type { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { connect, startRig, type Rig, type RigOptions, type ObservedMessage } from "../support/rig.js";

const CYCLES = 120;
/** Shortest duration of a connection, in ms of the board's clock. After a shorter connection, the client delays the next. */
const MIN_LIFETIME = 31_000;
/** Number of readings: one every ten seconds for a day. A default board sends one every 30 s, and one per light change. */
const READING_COUNT = 8640;
/** Largest allowed growth of memory, in bytes. A leak of 13 bytes or more per cycle would exceed it. */
const MAX_MEMORY_GROWTH = 1500;

/** Records a board's memory use. A minimum over many samples excludes garbage, so growing minima show a leak. */
class MemoryUse {
  readonly #seen: { progress: number; used: number }[] = [];

  /** Records the used heap in bytes. @param progress the completed part of the test, from 0 to 1 */
  async recordSample(board: SimulatedBoard, progress: number): Promise<void> {
    const heap = await board.readHeap();
    if (heap) this.#seen.push({ progress, used: heap.used });
  }
  minimumBetween(from: number, to: number): number {
    return Math.min(...this.#seen.filter(({ progress: p }) => p >= from && p <= to).map(({ used }) => used));
  }
}

/** Test rig: a board with its own broker and server, which records crashes and memory use. */
class EnduranceRig {
  readonly memory = new MemoryUse();
  readonly faults: string[] = [];

  private constructor(
    readonly id: string,
    readonly rig: Rig,
    readonly board: SimulatedBoard,
  ) {
    board.on("crash", (reason) => this.faults.push(reason));
    board.on("reboot", (reason) => this.faults.push(reason));
  }

  static async start(id: string, speed: number, server: RigOptions["server"]): Promise<EnduranceRig> {
    const rig = await startRig({ broker: "embedded", ids: [], server });
    rigs.push(rig);
    const stand = new EnduranceRig(id, rig, rig.simulator.add({ id, speed }));
    await stand.board.start();
    return stand;
  }

  async expectLampFollows(): Promise<void> {
    for (const light of [100, 900, 299, 300]) {
      this.board.setLight(light);
      await eventually(() => this.board.lamp === light < 300, { within: 15_000, what: `the lamp at light ${light}` });
    }
  }

  async requestReport(): Promise<Record<string, number>> {
    await this.rig.observer.publishAsync(topicOf(this.id, "commands"), '{"action":"report","seq":1000}', { qos: 1 });
    const isReport = ({ topic, text }: ObservedMessage) =>
      topic === topicOf(this.id, "replies") && text.includes('"seq":1000');
    const { text } = await eventually(() => this.rig.seen.find(isReport), { within: 15_000, what: "the report" });
    return JSON.parse(text) as Record<string, number>;
  }

  /** Checks that nothing crashed and that memory use did not grow. Waits until the board has collected its garbage. */
  async expectNoProblems(): Promise<void> {
    const allowed = this.memory.minimumBetween(0.05, 0.25) + MAX_MEMORY_GROWTH;
    const isWithinLimit = async (): Promise<boolean> => {
      await this.memory.recordSample(this.board, 1);
      return this.memory.minimumBetween(0.8, 1) < allowed;
    };
    await eventually(isWithinLimit, { within: 15_000, what: `the heap to be smaller than ${allowed} bytes` });
    expect(this.faults).toEqual([]);
  }
}

const rigs: Rig[] = [];
afterAll(() => Promise.all(rigs.map((rig) => rig.close())));

describe("a board in long operation", () => {
  it.concurrent(
    `is cut off and connected again ${CYCLES} times, in three ways, without a restart and without a leak`,
    async () => {
      // Frequent readings show the time on the board's clock.
      const reporting = { report: "interval", interval: 2000 } as const;
      const stand = await EnduranceRig.start("nightlight/cut", 100, { policy: { ...LESSON_POLICY, reporting } });
      const { board, memory, rig } = stand;
      let now = 0;
      rig.observer.on("message", (topic, payload) => {
        if (topic === topicOf(stand.id, "telemetry")) now = (JSON.parse(payload.toString()) as { at: number }).at;
      });
      let connects = 0;
      let connectedAt = 0;
      board.on("log", (_level, text) => {
        const time = /^connected to \S+ after (\d+) ms/.exec(text)?.[1];
        if (!time) return;
        connects++;
        connectedAt = Number(time);
      });
      for (let i = 0; i < CYCLES; i++) {
        // The board may have connected before the listener was added.
        await eventually(() => connects >= i && now >= connectedAt + MIN_LIFETIME, { within: 60_000, every: 1, what: `connection ${i}` }); // prettier-ignore
        await memory.recordSample(board, i / CYCLES);
        if (i % 3 === 2) {
          // Another client with the same id makes the broker end the connection and delete the session.
          const twin = await connect(rig.url, { clientId: "nightlight-board:nightlight/cut", clean: true });
          twin.on("error", () => {});
          await twin.endAsync(true);
        } else {
          board.network.cut({ how: i % 3 === 0 ? "reset" : "end" });
          board.network.heal();
        }
      }
      await stand.expectLampFollows();
      const report = await stand.requestReport();
      expect(report.connects).toBeGreaterThanOrEqual(CYCLES);
      await stand.expectNoProblems();
    },
    600_000,
  );

  it.concurrent(
    `sends ${READING_COUNT} readings, all of which arrive, without a restart and without a leak`,
    async () => {
      const reporting = { report: "interval", interval: 100, sample: 50 } as const;
      const stand = await EnduranceRig.start("nightlight/day", 50, { policy: { ...LESSON_POLICY, reporting } });
      const { board, memory, rig } = stand;
      const arrived = new Set<number>();
      rig.observer.on("message", (topic, payload) => {
        if (topic !== topicOf(stand.id, "telemetry")) return;
        arrived.add((JSON.parse(payload.toString()) as { seq: number }).seq);
      });
      let switches = 0;
      board.on("lamp", () => switches++);
      for (let light = 0; arrived.size < READING_COUNT; light = (light + 337) % 1024) {
        board.setLight(light);
        const more = Math.min(READING_COUNT, arrived.size + 20);
        await eventually(() => arrived.size >= more, { within: 60_000, what: `reading ${more}` });
        await memory.recordSample(board, arrived.size / READING_COUNT);
      }
      await stand.expectLampFollows();
      const { began, dropped, sent } = await stand.requestReport();
      expect([dropped, began < 60_000, sent >= READING_COUNT]).toEqual([0, true, true]);
      expect(switches).toBeGreaterThan(100);
      await stand.expectNoProblems();
    },
    240_000,
  );
});
