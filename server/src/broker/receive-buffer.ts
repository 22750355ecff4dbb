/** Buffers the bytes received from one client: an incomplete packet, or packets that have to wait. */
export class ReceiveBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Number of bytes still to be skipped. */
  #skip = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Skips the next bytes after those that `read` returned, as they arrive. */
  skip(count: number): void {
    this.#skip = count;
  }

  /** Returns all bytes in one buffer; undefined when there are fewer than `needed` or bytes are still being skipped. */
  read(needed: number): Buffer | undefined {
    if (this.#skip > 0) this.#dropSkipped();
    if (this.#length < needed || this.#skip > 0) return undefined;
    return this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }

  /** Keeps only the bytes from the offset `from` on. @param bytes the result of `read` */
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
