import { Cursor } from "./cursor.js";

/**
 * Decompresses a Snappy block. Format: format_description.txt of google/snappy.
 * @throws RangeError when the block is damaged
 */
export function decompress(block: Buffer): Buffer {
  const from = new Cursor(block);
  const output = Buffer.alloc(Math.min(from.varint(), 2 ** 28));
  let length = 0;
  while (!from.done) {
    const tag = from.byte();
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const literal = from.bytes(1 + (short < 60 ? short : from.bytes(short - 59).readUIntLE(0, short - 59)));
      length += literal.copy(output, length);
      continue;
    }
    const size = (tag & 3) === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const offset =
      (tag & 3) === 1
        ? (tag >> 5) * 256 + from.byte()
        : (tag & 3) === 2
          ? from.bytes(2).readUInt16LE()
          : from.bytes(4).readUInt32LE();
    if (offset === 0 || offset > length || length + size > output.length)
      throw new RangeError("a copy is out of range");
    // copies byte by byte, because source and destination may overlap
    for (let n = 0; n < size; n++, length++) output[length] = output[length - offset];
  }
  if (length !== output.length) throw new RangeError("the block ends early");
  return output;
}
