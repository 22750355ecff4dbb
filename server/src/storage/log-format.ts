import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * File format of the append-only logs (journal and retained messages). Numbers are little-endian.
 *
 * | part | bytes |
 * | --- | --- |
 * | header | `FILE_MAGIC` (8), sync marker (8) |
 * | frame | sync marker (8), CRC-32 of the payload (4), length of the payload in bytes (4), payload |
 * | end mark | a frame without payload: the file was closed, and its end is complete |
 *
 * Each file has a random sync marker, as Avro object container files do. After a damaged frame the reader searches for
 * the marker. Clients cannot know the marker, so no payload that they send can look like a frame.
 */
const FILE_MAGIC = Buffer.from("NLLOG\0\0\x02", "latin1");
const MARKER_BYTES = 8;
const HEADER_BYTES = FILE_MAGIC.length + MARKER_BYTES;
/** Size of the checksum (4) and the length (4) of a payload in a frame header, in bytes. */
const CHECKSUM_BYTES = 8;

/** Bytes that precede the payload of a frame. Code that builds a frame leaves this many bytes free. */
export const FRAME_HEADER_BYTES = MARKER_BYTES + CHECKSUM_BYTES;

/** Writes the checksum and the length of a frame's payload into the frame's first bytes. Returns the same buffer. */
export function sealFrame(frame: Buffer): Buffer {
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER_BYTES)), MARKER_BYTES);
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES, MARKER_BYTES + 4);
  return frame;
}

/** The random sync marker of a new log file, with the file's header and end mark. */
export class SyncMarker {
  readonly #marker = randomBytes(MARKER_BYTES);

  get header(): Buffer {
    return Buffer.concat([FILE_MAGIC, this.#marker]);
  }

  get endMark(): Buffer {
    return createEndMark(this.#marker);
  }

  /** Writes the marker to the beginning of a frame. */
  markFrame(frame: Buffer): void {
    frame.set(this.#marker);
  }
}

/** A range of bytes in a file that could not be read. */
export interface UnreadableRange {
  readonly at: number;
  readonly length: number;
}

/** The readable contents of a log file. */
export interface LogContents {
  /** The payloads that could be read, in order. */
  readonly payloads: readonly Buffer[];
  readonly unreadable: readonly UnreadableRange[];
  /** Whether the file ends with its end mark. */
  readonly hasEndMark: boolean;
  /** The end mark of this file; undefined for a file without a readable sync marker. */
  readonly endMark: Buffer | undefined;
}

/** Encodes payloads as a complete log file, which ends with an end mark. */
export function encodeLog(payloads: readonly Buffer[]): Buffer {
  const marker = new SyncMarker();
  const frames = payloads.map((payload) => {
    const frame = sealFrame(Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), payload]));
    marker.markFrame(frame);
    return frame;
  });
  return Buffer.concat([marker.header, ...frames, marker.endMark]);
}

/**
 * Decodes a log file and skips the parts that are damaged. Never throws. Without a readable sync marker the whole file
 * counts as damaged.
 */
export function decodeLog(file: Buffer): LogContents {
  const marker = findMarker(file);
  if (marker) return decodeWithMarker(marker, file);
  const unreadable = file.length > 0 ? [{ at: 0, length: file.length }] : [];
  return { payloads: [], unreadable, hasEndMark: false, endMark: undefined };
}

/**
 * Finds the sync marker of a file. The header, the first frame and the end mark each contain a copy. When the copies
 * differ, the one that leads to the most readable frames is right.
 */
function findMarker(file: Buffer): Buffer | undefined {
  const [inHeader, inFrame] = [
    file.subarray(FILE_MAGIC.length, HEADER_BYTES),
    file.subarray(HEADER_BYTES, HEADER_BYTES + MARKER_BYTES),
  ];
  if (inHeader.length < MARKER_BYTES) return undefined;
  if (inHeader.equals(inFrame) && isPlausibleMarker(inHeader)) return inHeader;
  const hasMagic = file.subarray(0, FILE_MAGIC.length).equals(FILE_MAGIC);
  if (file.length < HEADER_BYTES + FRAME_HEADER_BYTES) return hasMagic ? inHeader : undefined;
  const trusted = hasMagic ? inHeader : undefined;
  const scoreOf = (marker: Buffer): number => {
    const { payloads, hasEndMark } = decodeWithMarker(marker, file);
    return payloads.length + Number(hasEndMark) + Number(marker === trusted);
  };
  const candidates = [inFrame, inHeader, file.subarray(-FRAME_HEADER_BYTES, -CHECKSUM_BYTES)].filter(isPlausibleMarker);
  const [best] = candidates.map((marker) => ({ marker, score: scoreOf(marker) })).sort((a, b) => b.score - a.score);
  return best && best.score > 0 ? best.marker : undefined;
}

/** Returns false for eight equal bytes, which are overwritten data such as zeros and practically never a random marker. */
const isPlausibleMarker = (marker: Buffer): boolean => marker.some((byte) => byte !== marker[0]);

const createEndMark = (marker: Buffer): Buffer => Buffer.concat([marker, Buffer.alloc(CHECKSUM_BYTES)]);

function decodeWithMarker(marker: Buffer, file: Buffer): LogContents {
  const payloads: Buffer[] = [];
  const unreadable: UnreadableRange[] = [];
  const header = Buffer.concat([FILE_MAGIC, marker]);
  if (!file.subarray(0, HEADER_BYTES).equals(header))
    unreadable.push({ at: 0, length: Math.min(HEADER_BYTES, file.length) });
  let closed = false;
  for (let at = HEADER_BYTES; at < file.length;) {
    const payload = readPayloadAt(file, at, marker);
    if (payload) {
      closed = payload.length === 0;
      if (!closed) payloads.push(payload);
      at += FRAME_HEADER_BYTES + payload.length;
      continue;
    }
    closed = false;
    let next = at;
    do {
      next = file.indexOf(marker, next + 1);
    } while (next >= 0 && !readPayloadAt(file, next, marker));
    const end = next < 0 ? file.length : next;
    unreadable.push({ at, length: end - at });
    at = end;
  }
  return { payloads, unreadable, hasEndMark: closed, endMark: createEndMark(marker) };
}

/** Returns the payload of the frame at this offset; undefined when there is no complete frame with a valid checksum. */
function readPayloadAt(file: Buffer, at: number, marker: Buffer): Buffer | undefined {
  const begin = at + FRAME_HEADER_BYTES;
  if (begin > file.length || !file.subarray(at, at + MARKER_BYTES).equals(marker)) return undefined;
  const end = begin + file.readUInt32LE(begin - 4);
  if (end > file.length) return undefined;
  const payload = file.subarray(begin, end);
  return crc32(payload) === file.readUInt32LE(begin - CHECKSUM_BYTES) ? payload : undefined;
}
