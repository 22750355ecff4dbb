import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { damagedCopyPath } from "../storage/damage.js";

/** See "WAL-Index and File Format" of SQLite, https://www.sqlite.org/fileformat2.html#walformat. Numbers are big-endian. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

/** What is wrong with a write-ahead log. */
interface WalDamage {
  readonly at: number;
  readonly length: number;
}

/**
 * Looks for damage in the write-ahead log of a database that nobody has open. SQLite ignores everything behind a damaged
 * frame without a word, as it also ends there when it was killed.
 * @returns a sentence for a person once a copy of both files was made; undefined when there is no damage
 */
export function keepDamagedWal(file: string): string | undefined {
  const wal = `${file}-wal`;
  if (!existsSync(wal)) return undefined;
  const damage = damageIn(wal);
  if (!damage) return undefined;
  const name = damagedCopyPath(file);
  if (existsSync(file)) copyFileSync(file, name);
  copyFileSync(wal, `${name}-wal`);
  return (
    `The file ${wal} is damaged at byte ${damage.at}: the ${damage.length} bytes from there on cannot be used. A copy was ` +
    `kept as ${name}-wal. Switches and readings of the last minutes before the server ended may be missing from the ` +
    `history; readings that the journal has are added again.`
  );
}

function damageIn(wal: string): WalDamage | undefined {
  const { size } = statSync(wal);
  // a process that is killed before it writes the header leaves an empty file
  if (size === 0) return undefined;
  const header = Buffer.alloc(HEADER);
  const fd = openSync(wal, "r");
  try {
    const length = readSync(fd, header, 0, HEADER, 0);
    const magic = length === HEADER ? header.readUInt32BE(0) : 0;
    const sum = new Checksum((magic & 1) === 1);
    sum.add(header, 0, HEADER - 8);
    if ((magic & ~1) >>> 0 !== MAGIC || !sum.equals(header, HEADER - 8)) return { at: 0, length: size };
    return damagedFrame(fd, size, header, sum);
  } finally {
    closeSync(fd);
  }
}

/**
 * The first frame that SQLite does not accept, unless what follows is of an earlier round of the file: such frames have
 * another value in both salts. A frame that was not finished when the server was killed counts as damaged as well.
 */
function damagedFrame(fd: number, size: number, header: Buffer, sum: Checksum): WalDamage | undefined {
  const frame = Buffer.alloc(FRAME_HEADER + header.readUInt32BE(8));
  let damagedAt: number | undefined;
  for (let at = HEADER; at < size; at += frame.length) {
    const length = readSync(fd, frame, 0, frame.length, at);
    const isWhole = length === frame.length;
    const [isFirst, isSecond] = [8, 12].map((at) => frame.readUInt32BE(at) === header.readUInt32BE(at + 8));
    if (damagedAt === undefined && isWhole && isFirst && isSecond) {
      sum.add(frame, 0, 8);
      sum.add(frame, FRAME_HEADER, frame.length);
      if (sum.equals(frame, 16)) continue;
    }
    damagedAt ??= at;
    if (!isWhole || isFirst || isSecond) return { at: damagedAt, length: size - damagedAt };
  }
  return undefined;
}

/** SQLite's checksum over pairs of 32-bit words, which goes on from frame to frame. */
class Checksum {
  readonly #bigEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  add(bytes: Buffer, begin: number, end: number): void {
    for (let at = begin; at < end; at += 8) {
      const [one, two] = this.#bigEndian
        ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
        : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      this.#first = (this.#first + one + this.#second) >>> 0;
      this.#second = (this.#second + two + this.#first) >>> 0;
    }
  }

  equals(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second;
  }
}
