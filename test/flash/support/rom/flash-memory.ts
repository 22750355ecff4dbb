/** A simulated NOR flash memory: erasing sets all bits of a sector, writing can only clear bits. */
import { createHash } from "node:crypto";

const SECTOR = 0x1000;

export class FlashMemory {
  readonly bytes: Uint8Array;
  #erasedTo = 0;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(size).fill(0x5a);
  }

  /** The size as the third byte of the JEDEC id: the exponent of two. */
  get sizeCode(): number {
    return Math.log2(this.size);
  }

  /** Begins a write at a sector's start. Sectors are erased just before they are written. */
  begin(offset: number): void {
    this.#erasedTo = offset - (offset % SECTOR);
  }

  write(offset: number, data: Uint8Array): void {
    for (; this.#erasedTo < offset + data.length; this.#erasedTo += SECTOR)
      this.bytes.fill(0xff, this.#erasedTo, this.#erasedTo + SECTOR);
    data.forEach((byte, i) => (this.bytes[offset + i] &= byte));
  }

  md5(offset: number, length: number): Buffer {
    return createHash("md5")
      .update(this.bytes.subarray(offset, offset + length))
      .digest();
  }
}
