import { Cursor } from "./cursor.js";

/**
 * Decompresses a Snappy block. Format: format_description.txt of google/snappy.
 * @throws RangeError when the block is damaged
 */
export function decompressSnappy(block: Buffer): Buffer {
  const from = new Cursor(block);
  const output = Buffer.alloc(Math.min(from.readVarint(), 2 ** 28));
  let length = 0;
  while (!from.isAtEnd) {
    const tag = from.readByte();
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const literal = from.readBytes(1 + (short < 60 ? short : from.readBytes(short - 59).readUIntLE(0, short - 59)));
      length += literal.copy(output, length);
      continue;
    }
    const copyLength = (tag & 3) === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const offset =
      (tag & 3) === 1
        ? (tag >> 5) * 256 + from.readByte()
        : (tag & 3) === 2
          ? from.readBytes(2).readUInt16LE()
          : from.readBytes(4).readUInt32LE();
    if (offset === 0 || offset > length || length + copyLength > output.length)
      throw new RangeError("a copy is out of range");
    // copy byte by byte, because source and destination may overlap
    for (let n = 0; n < copyLength; n++, length++) output[length] = output[length - offset];
  }
  if (length !== output.length) throw new RangeError("the block ends early");
  return output;
}
