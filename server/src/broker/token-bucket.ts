/** Rate limiter (https://en.wikipedia.org/wiki/Token_bucket). The bucket holds at most the tokens of one second. */
export class TokenBucket {
  readonly #rate: number;
  #tokens: number;
  #refilledAt = performance.now();

  /** @param rate tokens per second */
  constructor(rate: number) {
    this.#rate = rate;
    this.#tokens = rate;
  }

  /**
   * Takes tokens unless the bucket is empty. An expensive packet may overdraw the bucket.
   * @returns whether the bucket had tokens
   */
  take(count: number): boolean {
    if (this.#tokens <= 0) this.#refill();
    if (this.#tokens <= 0) return false;
    this.#tokens -= count;
    return true;
  }

  #refill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#refilledAt) * this.#rate) / 1000);
    this.#refilledAt = now;
  }
}
