/** Real boards among a fleet: the firmware in the virtual machine, and how long its lamp takes to follow the light. */
import { LESSON_RULE } from "../../contract/index.js";
import type { SimulatedBoard } from "../board.js";
import { loadFirmware, ROOT } from "../firmware.js";
import { brokerSettings, readSettings } from "../settings.js";
import { Simulator } from "../simulator.js";
import { Latencies } from "./latencies.js";
import { availableMemory } from "./processes.js";

/** How many are started at once. */
const BATCH = 4;
/** With `max`: what is left for others, in bytes, and how long a batch may take before the processors are busy enough, in ms. */
const RESERVE = 1e9;
const SLOWEST = 10_000;
/** Between two changes of a board's light, in ms: this, and at random up to as much again. */
const CHANGE = 3000;
const DARK = 100;
const BRIGHT = 800;

export class RealBoards {
  /** From light to lamp, in ms. */
  readonly reactions = new Latencies();
  /** Changes of the light that the lamp had not followed by the next. */
  missed = 0;
  crashes = 0;
  readonly #simulator: Simulator;
  readonly #prefix: string;
  /** When each board's light changed, unless its lamp has followed. */
  readonly #changed = new Map<SimulatedBoard, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #ending = false;

  /** @param broker mqtt:// or mqtts:// */
  constructor(broker: string, prefix: string) {
    this.#prefix = prefix;
    this.#simulator = new Simulator({
      ...loadFirmware(),
      settings: { ...readSettings(ROOT), ...brokerSettings(broker) },
    });
  }

  get count(): number {
    return this.#simulator.boards.size;
  }

  /**
   * Starts them, a few at a time.
   * @param wanted how many, or as many as there is memory and processor for
   * @param progress is told how many run
   * @returns what ended it before there were as many as wanted; undefined when nothing did
   */
  async start(wanted: number | "max", progress: (running: number) => void): Promise<string | undefined> {
    const most = wanted === "max" ? Infinity : wanted;
    while (this.count < most && !this.#ending) {
      const memory = availableMemory();
      if (wanted === "max" && memory === undefined)
        throw new Error("How much memory there is, is known on Linux alone: give --vms a number.");
      if (wanted === "max" && memory! < RESERVE) return `less than ${RESERVE / 1e9} GB of memory are left`;
      const begin = performance.now();
      const batch = Array.from({ length: Math.min(BATCH, most - this.count) }, (_, n) =>
        this.#simulator.add({ id: `${this.#prefix}/fleet-vm-${this.count + n + 1}` }),
      );
      await Promise.all(batch.map((board) => board.start()));
      for (const board of batch) this.#follow(board);
      progress(this.count);
      const took = performance.now() - begin;
      if (wanted === "max" && took > SLOWEST)
        return `the processors are busy: ${BATCH} boards took ${Math.round(took / 1000)} s to start`;
    }
    return undefined;
  }

  /** From now on their light changes, across the threshold, and the lamps are watched. */
  begin(): void {
    for (const board of this.#simulator.boards.values()) this.#change(board);
  }

  async close(): Promise<void> {
    this.#ending = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#simulator.close();
  }

  #follow(board: SimulatedBoard): void {
    board.on("crash", () => this.crashes++);
    board.on("lamp", (on) => {
      const since = this.#changed.get(board);
      if (since === undefined || on !== board.light < LESSON_RULE.threshold) return;
      this.#changed.delete(board);
      this.reactions.add(performance.now() - since);
    });
  }

  #change(board: SimulatedBoard): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (this.#changed.has(board)) this.missed++;
        this.#changed.set(board, performance.now());
        board.setLight(board.light < LESSON_RULE.threshold ? BRIGHT : DARK);
        this.#change(board);
      },
      CHANGE * (1 + Math.random()),
    );
    this.#timers.add(timer);
  }
}
