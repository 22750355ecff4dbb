/**
 * Buffers received bytes of one client that cannot be processed yet: an incomplete packet, or packets that must wait.
 */
export class ReceiveBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Number of bytes that are still to be discarded when they arrive. */
  #skip = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Discards the next `count` bytes, which follow the bytes that `read` has returned. */
  skip(count: number): void {
    this.#skip = count;
  }

  /**
   * Returns all buffered bytes in one buffer. Returns undefined for fewer than `needed` bytes, or while bytes are being
   * skipped.
   */
  read(needed: number): Buffer | undefined {
    if (this.#skip > 0) this.#dropSkipped();
    if (this.#length < needed || this.#skip > 0) return undefined;
    return this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }

  /** Keeps only the bytes from the offset `from` to the end. @param bytes the result of `read` */
  keep(bytes: Buffer, from: number): void {
    const rest = Math.max(0, bytes.length - from);
    this.#chunks = rest > 0 ? [bytes.subarray(from)] : [];
    this.#length = rest;
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  #dropSkipped(): void {
    while (this.#skip > 0 && this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      const count = Math.min(this.#skip, chunk.length);
      this.#skip -= count;
      this.#length -= count;
      if (count === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(count);
    }
  }
}
