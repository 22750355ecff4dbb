/**
 * Buffers received bytes of one client that cannot be processed yet: an incomplete packet, or packets that must wait.
 */
export class ReceiveBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Number of bytes still to be skipped. */
  #skip = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Discards bytes as they arrive, starting after the bytes that `read` returned. */
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

  /**
   * Keeps the bytes from the offset `from` on and discards the bytes before.
   * @param bytes the result of `read`
   */
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
