/** Polynomial of CRC-32C (Castagnoli), which LevelDB uses. The `crc32` of `node:zlib` has another polynomial. */
const POLYNOMIAL = 0x82f63b78;
/** LevelDB masks a checksum: rotates it by 15 bits and adds this number. */
const MASK_DELTA = 0xa282ead8;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
});

/** Computes the masked checksum of the bytes from `begin` (inclusive) to `end` (exclusive). */
export function computeMaskedCrc(bytes: Uint8Array, begin: number, end: number): number {
  let crc = ~0;
  for (let at = begin; at < end; at++) crc = CRC_TABLE[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return maskCrc(~crc);
}

/**
 * Finds the end of a data block by its checksum. Tries each end from `begin + least` to `most`, and returns the first for
 * which `isEnd` accepts the masked checksum of the bytes before it. Returns undefined when there is none.
 */
export function findEndByChecksum(
  bytes: Uint8Array,
  begin: number,
  least: number,
  most: number,
  isEnd: (end: number, masked: number) => boolean,
): number | undefined {
  let crc = ~0;
  for (let at = begin; at < most; at++) {
    crc = CRC_TABLE[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
    if (at + 1 - begin >= least && isEnd(at + 1, maskCrc(~crc))) return at + 1;
  }
  return undefined;
}

const maskCrc = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
