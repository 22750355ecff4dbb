import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { damagedCopyPath } from "../storage/damage.js";

/** Size of the header of a write-ahead log, in bytes. See https://www.sqlite.org/fileformat2.html#walformat. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const WAL_MAGIC = 0x377f0682;

/** Position and size, in bytes, of the unusable part of a write-ahead log. */
interface WalDamage {
  readonly at: number;
  readonly length: number;
}

/**
 * Checks the write-ahead log of a database that is not open. If the log is damaged, copies the database and the log.
 * SQLite silently ignores everything after a damaged frame, because a killed process may leave an incomplete last
 * frame.
 * @returns a sentence for the log about the damage and the copies; undefined when there is no damage
 */
export function copyDamagedWal(file: string): string | undefined {
  const wal = `${file}-wal`;
  if (!existsSync(wal)) return undefined;
  const damage = findDamage(wal);
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

function findDamage(wal: string): WalDamage | undefined {
  const { size } = statSync(wal);
  // An empty file is no damage: a killed process leaves one if it has not written the header yet.
  if (size === 0) return undefined;
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(wal, "r");
  try {
    const length = readSync(fd, header, 0, HEADER_BYTES, 0);
    const magic = length === HEADER_BYTES ? header.readUInt32BE(0) : 0;
    const sum = new Checksum((magic & 1) === 1);
    sum.add(header, 0, HEADER_BYTES - 8);
    if ((magic & ~1) >>> 0 !== WAL_MAGIC || !sum.equals(header, HEADER_BYTES - 8)) return { at: 0, length: size };
    return findDamagedFrame(fd, size, header, sum);
  } finally {
    closeSync(fd);
  }
}

/**
 * Finds the first frame that SQLite rejects. After a checkpoint, SQLite overwrites the log from the start, so older
 * frames may follow the current ones. Both salts of an older frame differ from those of the log; such a frame is not
 * damage. An incomplete frame of a killed server counts as damage.
 */
function findDamagedFrame(fd: number, size: number, header: Buffer, sum: Checksum): WalDamage | undefined {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + header.readUInt32BE(8));
  let damagedAt: number | undefined;
  for (let at = HEADER_BYTES; at < size; at += frame.length) {
    const length = readSync(fd, frame, 0, frame.length, at);
    const isWhole = length === frame.length;
    const [isSalt1Equal, isSalt2Equal] = [8, 12].map((at) => frame.readUInt32BE(at) === header.readUInt32BE(at + 8));
    if (damagedAt === undefined && isWhole && isSalt1Equal && isSalt2Equal) {
      sum.add(frame, 0, 8);
      sum.add(frame, FRAME_HEADER_BYTES, frame.length);
      if (sum.equals(frame, 16)) continue;
    }
    damagedAt ??= at;
    if (!isWhole || isSalt1Equal || isSalt2Equal) return { at: damagedAt, length: size - damagedAt };
  }
  return undefined;
}

/** The cumulative checksum of SQLite's write-ahead log, which each frame continues. */
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
