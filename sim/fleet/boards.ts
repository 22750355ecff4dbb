/** Adds boards that run the real firmware in the virtual machine, and measures the time from light to lamp. */
import { LESSON_RULE } from "../../contract/index.js";
import type { SimulatedBoard } from "../board.js";
import { loadFirmware, ROOT } from "../firmware.js";
import { brokerSettingsOf, readSettings } from "../settings.js";
import { Simulator } from "../simulator.js";
import { LatencyHistogram } from "./latency-histogram.js";
import { readAvailableMemory } from "./processes.js";

/** Number of boards that start at the same time. */
const BATCH_SIZE = 4;
/** Limit of `--vms max`: memory that stays free for other programs, in bytes. */
const RESERVED_MEMORY = 1e9;
/** Limit of `--vms max`: longest start time of a batch, in ms. A longer time means saturated processors. */
const MAX_BATCH_TIME = 10_000;
/** Shortest time between two changes of a board's light, in ms. A random time of up to the same length is added. */
const MIN_LIGHT_CHANGE_INTERVAL = 3000;
/** Light level below the threshold; each board alternates between `DARK_LIGHT` and `BRIGHT_LIGHT`. */
const DARK_LIGHT = 100;
/** Light level above the threshold. */
const BRIGHT_LIGHT = 800;

/** A group of simulated boards that run the firmware against a broker. */
export class FirmwareBoards {
  /** Times from a change of the light to the switch of the lamp, in ms. */
  readonly reactions = new LatencyHistogram();
  /** Number of light changes that the lamp did not follow before the next change. */
  missed = 0;
  /** Number of program crashes on all boards. */
  crashes = 0;
  readonly #simulator: Simulator;
  readonly #prefix: string;
  /** Time of the last light change of each board whose lamp has not followed yet. */
  readonly #changedAt = new Map<SimulatedBoard, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #ending = false;

  /**
   * @param broker URL of the broker, mqtt:// or mqtts://
   * @param prefix prefix of the device ids
   */
  constructor(broker: string, prefix: string) {
    this.#prefix = prefix;
    this.#simulator = new Simulator({
      ...loadFirmware(),
      settings: { ...readSettings(ROOT), ...brokerSettingsOf(broker) },
    });
  }

  get count(): number {
    return this.#simulator.boards.size;
  }

  /**
   * Starts the boards in batches.
   * @param wanted number of boards, or "max" for as many as memory and processors allow
   * @param progress called with the number of running boards after each batch
   * @returns why fewer boards than wanted run; undefined when all of them run
   */
  async start(wanted: number | "max", progress: (running: number) => void): Promise<string | undefined> {
    const limit = wanted === "max" ? Infinity : wanted;
    while (this.count < limit && !this.#ending) {
      const memory = readAvailableMemory();
      if (wanted === "max" && memory === undefined)
        throw new Error("--vms max works only on Linux, where the free memory is known. Give --vms a number.");
      if (wanted === "max" && memory! < RESERVED_MEMORY)
        return `less than ${RESERVED_MEMORY / 1e9} GB of memory is free`;
      const begin = performance.now();
      const batch = Array.from({ length: Math.min(BATCH_SIZE, limit - this.count) }, (_, n) =>
        this.#simulator.add({ id: `${this.#prefix}/fleet-vm-${this.count + n + 1}` }),
      );
      await Promise.all(batch.map((board) => board.start()));
      for (const board of batch) this.#measureReactions(board);
      progress(this.count);
      const took = performance.now() - begin;
      if (wanted === "max" && took > MAX_BATCH_TIME)
        return `the processors are busy: ${BATCH_SIZE} boards took ${Math.round(took / 1000)} s to start`;
    }
    return undefined;
  }

  /** Starts to change the light of all boards across the threshold and to measure the lamps. */
  startMeasuring(): void {
    for (const board of this.#simulator.boards.values()) this.#scheduleLightChange(board);
  }

  async close(): Promise<void> {
    this.#ending = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#simulator.close();
  }

  #measureReactions(board: SimulatedBoard): void {
    board.on("crash", () => this.crashes++);
    board.on("lamp", (on) => {
      const since = this.#changedAt.get(board);
      if (since === undefined || on !== board.light < LESSON_RULE.threshold) return;
      this.#changedAt.delete(board);
      this.reactions.add(performance.now() - since);
    });
  }

  #scheduleLightChange(board: SimulatedBoard): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (this.#changedAt.has(board)) this.missed++;
        this.#changedAt.set(board, performance.now());
        board.setLight(board.light < LESSON_RULE.threshold ? BRIGHT_LIGHT : DARK_LIGHT);
        this.#scheduleLightChange(board);
      },
      MIN_LIGHT_CHANGE_INTERVAL * (1 + Math.random()),
    );
    this.#timers.add(timer);
  }
}
