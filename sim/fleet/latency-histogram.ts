/** A latency histogram with logarithmic buckets, each 4 % wide. The number of values does not affect its memory use. */

/** Upper limit of the first bucket, in ms. Shorter times are counted in this bucket. */
const MIN_LATENCY = 0.01;
/** Upper limit of the last bucket, in ms. Longer times are counted in this bucket. */
const MAX_LATENCY = 600_000;
const BUCKET_GROWTH = Math.log(1.04);
const BUCKET_COUNT = Math.ceil(Math.log(MAX_LATENCY / MIN_LATENCY) / BUCKET_GROWTH) + 1;

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKET_COUNT);
  count = 0;
  max = 0;

  /** Adds a response time, in ms. */
  add(ms: number): void {
    this.count++;
    if (ms > this.max) this.max = ms;
    this.#counts[
      ms <= MIN_LATENCY ? 0 : Math.min(BUCKET_COUNT - 1, Math.ceil(Math.log(ms / MIN_LATENCY) / BUCKET_GROWTH))
    ]++;
  }

  /**
   * Returns a quantile in ms, with an error of at most 4 %; undefined when the histogram is empty.
   * @param share 0..1, for example 0.99 for the 99th percentile
   */
  quantile(share: number): number | undefined {
    if (this.count === 0) return undefined;
    let remaining = Math.ceil(this.count * share);
    for (let n = 0; n < BUCKET_COUNT; n++) {
      remaining -= this.#counts[n];
      if (remaining <= 0) return Math.min(MIN_LATENCY * Math.exp(n * BUCKET_GROWTH), this.max);
    }
    return this.max;
  }

  clear(): void {
    this.#counts.fill(0);
    this.count = 0;
    this.max = 0;
  }
}
