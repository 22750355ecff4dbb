/** A token bucket that holds one second's worth: https://en.wikipedia.org/wiki/Token_bucket */
export class TokenBucket {
  readonly #rate: number;
  #tokens: number;
  #filledAt = performance.now();

  /** @param rate tokens per second */
  constructor(rate: number) {
    this.#rate = rate;
    this.#tokens = rate;
  }

  /** Takes tokens, if the bucket is not empty. A large packet may overdraw it. */
  take(count: number): boolean {
    if (this.#tokens <= 0) this.#fill();
    if (this.#tokens <= 0) return false;
    this.#tokens -= count;
    return true;
  }

  #fill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#filledAt) * this.#rate) / 1000);
    this.#filledAt = now;
  }
}
