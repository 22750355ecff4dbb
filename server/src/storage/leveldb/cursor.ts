/** Reads the encodings that LevelDB's files consist of. */
export class Cursor {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** @throws RangeError at the end, as all of these do */
  byte(): number {
    if (this.done) throw new RangeError("the data ends early");
    return this.#bytes[this.#at++];
  }

  /** A number of 7 bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      if (factor > 2 ** 56) throw new RangeError("a number is too long");
    }
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#end) throw new RangeError("the data ends early");
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }

  /** Bytes after their length. */
  slice(): Buffer {
    return this.bytes(this.varint());
  }
}

/** A sequence number and what stands in front of it or behind it, in 8 bytes. */
export function sequenceAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
