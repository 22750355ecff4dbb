/** Reads the basic encodings of LevelDB files from a buffer. Every method throws RangeError at the end of the data. */
export class Cursor {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  readByte(): number {
    if (this.isAtEnd) throw new RangeError("the data ends early");
    return this.#bytes[this.#at++];
  }

  /** Reads a variable-length integer: 7 bits per byte, lowest bits first. */
  readVarint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.readByte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      if (factor > 2 ** 56) throw new RangeError("a number is too long");
    }
  }

  /** Reads the next `length` bytes. */
  readBytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#end) throw new RangeError("the data ends early");
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }

  /** Reads a length-prefixed byte string. */
  readLengthPrefixed(): Buffer {
    return this.readBytes(this.readVarint());
  }
}

/** Reads an unsigned 64-bit integer, little-endian: a sequence number, or a sequence number together with an entry type. */
export function readUint64At(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
