import { groupByChunk } from "./group-by-chunk.js";
import type { HistorySwitch } from "./history.js";
import { encodeBlock, toSwitch } from "./switch-blocks.js";

/** Switches in columns: the values of one switch have the same index in every array. */
export interface SwitchBatch {
  /** Device of each switch, as its number in the database. */
  readonly devices: Uint32Array;
  /** When each switch happened, in ms since 1970. */
  readonly times: Float64Array;
  /** State of each switch, as `encodeState` encodes it. */
  readonly states: Uint8Array;
  /** Reason of each switch, as an index into `reasonTexts`. */
  readonly reasonIndexes: Uint16Array;
  /** The reasons of the switches in this batch, without duplicates. */
  readonly reasonTexts: readonly string[];
}

interface PendingBatch extends Omit<SwitchBatch, "reasonIndexes" | "reasonTexts"> {
  /** Reason of each switch, as an index into the reasons of all pending batches. */
  readonly reasonIndexes: Uint32Array;
}

/** Switches in memory that are not in blocks yet. Keeps the columns of the batches, so that adding a batch is cheap. */
export class PendingSwitches {
  #batches: PendingBatch[] = [];
  #count = 0;
  /** Each reason of the pending batches, with its index. */
  #reasonTexts = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  add({ devices, times, states, reasonIndexes, reasonTexts }: SwitchBatch): void {
    const commonIndexes = reasonTexts.map((reason) => this.#indexOf(reason));
    // A loop is ten times as fast as `Uint32Array.from` with a function.
    const indexes = new Uint32Array(reasonIndexes);
    for (let at = 0; at < indexes.length; at++) indexes[at] = commonIndexes[indexes[at]];
    this.#batches.push({ devices, times, states, reasonIndexes: indexes });
    this.#count += times.length;
  }

  clear(): void {
    this.#batches = [];
    this.#count = 0;
    this.#reasonTexts.clear();
  }

  moveInto(other: PendingSwitches): void {
    other.#batches = this.#batches;
    other.#count = this.#count;
    other.#reasonTexts = this.#reasonTexts;
  }

  /** Returns a device's switches from `from` (included) to `to` (excluded), in the order of arrival. */
  switchesOf(device: number, from: number, to: number): HistorySwitch[] {
    const found: HistorySwitch[] = [];
    let texts: string[] | undefined;
    for (const { devices, times, states, reasonIndexes } of this.#batches)
      for (let at = devices.indexOf(device); at >= 0; at = devices.indexOf(device, at + 1)) {
        if (times[at] < from || times[at] >= to) continue;
        texts ??= [...this.#reasonTexts.keys()];
        found.push(toSwitch(times[at], states[at], texts[reasonIndexes[at]]));
      }
    return found;
  }

  /**
   * Encodes all pending switches as blocks, one for each device and chunk, in the order of `groupByChunk`.
   * @param use called with each block; must copy the block, because the next block reuses its memory
   */
  eachBlock(use: (device: number, chunk: number, block: Uint8Array) => void): void {
    const { devices, times, states, reasonIndexes } = this.#joined();
    const texts = [...this.#reasonTexts.keys()];
    /** For each reason: the number of the last block that contains it. */
    const lastBlock = new Uint32Array(texts.length);
    /** For each reason: its index among the reasons of that block. */
    const indexInBlock = new Uint32Array(texts.length);
    let blocks = 0;
    for (const [chunk, indexes] of groupByChunk(devices, times)) {
      blocks++;
      const blockTexts: string[] = [];
      const blockReasons = indexes.map((index) => {
        const reason = reasonIndexes[index];
        if (lastBlock[reason] !== blocks) {
          lastBlock[reason] = blocks;
          indexInBlock[reason] = blockTexts.push(texts[reason]) - 1;
        }
        return indexInBlock[reason];
      });
      const blockTimes = indexes.map((index) => times[index]);
      const blockStates = indexes.map((index) => states[index]);
      use(devices[indexes[0]], chunk, encodeBlock(blockTimes, blockStates, blockReasons, blockTexts));
    }
  }

  #joined(): PendingBatch {
    const joined = {
      devices: new Uint32Array(this.#count),
      times: new Float64Array(this.#count),
      states: new Uint8Array(this.#count),
      reasonIndexes: new Uint32Array(this.#count),
    };
    let at = 0;
    for (const { devices, times, states, reasonIndexes } of this.#batches) {
      joined.devices.set(devices, at);
      joined.times.set(times, at);
      joined.states.set(states, at);
      joined.reasonIndexes.set(reasonIndexes, at);
      at += times.length;
    }
    return joined;
  }

  #indexOf(reason: string): number {
    let index = this.#reasonTexts.get(reason);
    if (index === undefined) this.#reasonTexts.set(reason, (index = this.#reasonTexts.size));
    return index;
  }
}
