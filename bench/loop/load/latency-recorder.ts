/** Records latencies without rounding, for exact percentiles. Each latency takes 8 bytes of memory. */
import type { Latency } from "./task.js";

export class LatencyRecorder {
  #values = new Float64Array(1 << 16);
  #count = 0;

  addLatency(value: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(2 * this.#count);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = value;
  }

  get count(): number {
    return this.#count;
  }

  /** Returns the percentiles of all recorded latencies; 0 without latencies. */
  summarize(): Latency {
    const sorted = this.#values.subarray(0, this.#count).sort();
    return { p50: percentileOf(sorted, 50), p99: percentileOf(sorted, 99), max: percentileOf(sorted, 100) };
  }
}

/** Returns a percentile of the ascending values by the nearest-rank method; 0 without values. */
export function percentileOf(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
