/** Times by the million: counted in classes of 4 %, so that they take no memory of their own. */

/** The shortest time that is told apart, and the longest, in ms. */
const LEAST = 0.01;
const MOST = 600_000;
const GROWTH = Math.log(1.04);
const CLASSES = Math.ceil(Math.log(MOST / LEAST) / GROWTH) + 1;

export class Latencies {
  readonly #counts = new Float64Array(CLASSES);
  count = 0;
  max = 0;

  add(ms: number): void {
    this.count++;
    if (ms > this.max) this.max = ms;
    this.#counts[ms <= LEAST ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log(ms / LEAST) / GROWTH))]++;
  }

  /** The time within which this share of them is, in ms, to 4 %; undefined when there are none. @param share 0..1 */
  quantile(share: number): number | undefined {
    if (this.count === 0) return undefined;
    let left = Math.ceil(this.count * share);
    for (let n = 0; n < CLASSES; n++) {
      left -= this.#counts[n];
      if (left <= 0) return Math.min(LEAST * Math.exp(n * GROWTH), this.max);
    }
    return this.max;
  }

  /** From now on as if there had been none. */
  clear(): void {
    this.#counts.fill(0);
    this.count = 0;
    this.max = 0;
  }
}
