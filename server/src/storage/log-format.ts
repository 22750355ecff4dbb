import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * Format of the append-only logs (journal, retained messages), version 2:
 *
 * | part | bytes |
 * | --- | --- |
 * | header | `MAGIC` (8), sync marker (8) |
 * | frame | sync marker (8), CRC-32 of the payload (4), length of the payload in bytes (4), payload |
 * | end mark | a frame without payload: the file was closed, and nothing is missing at its end |
 *
 * The sync marker is random for each file, as in Avro's object container files: after a damaged frame the reader searches
 * for it. Nobody who sends data can know it, so that no payload can pass for a frame.
 *
 * Version 1 has frames only, without the marker and without an end mark. Numbers are little-endian.
 */
const MAGIC = Buffer.from("NLLOG\0\0\x02", "latin1");
const MARKER = 8;
const HEADER = MAGIC.length + MARKER;
const FRAME_V1 = 8;

/** Bytes before the payload of a frame; whoever prepares a frame leaves so much room. */
export const FRAME = MARKER + FRAME_V1;

/** Writes checksum and length of a frame's payload, which follows the room that was left for them. */
export function sealFrame(frame: Buffer): Buffer {
  frame.writeUInt32LE(crc32(frame.subarray(FRAME)), MARKER);
  frame.writeUInt32LE(frame.length - FRAME, MARKER + 4);
  return frame;
}

/** The sync marker of a new file, with the parts of the file that consist of little else. */
export class SyncMarker {
  readonly #marker = randomBytes(MARKER);

  get header(): Buffer {
    return Buffer.concat([MAGIC, this.#marker]);
  }

  get endMark(): Buffer {
    return endMarkOf(this.#marker);
  }

  /** Puts the marker into a frame. */
  mark(frame: Buffer): void {
    frame.set(this.#marker);
  }
}

/** A part of a log file that could not be read, in bytes. */
export interface Gap {
  readonly at: number;
  readonly length: number;
}

/** What a log file holds. */
export interface LogContents {
  /** The payloads that could be read, in order. */
  readonly payloads: readonly Buffer[];
  readonly gaps: readonly Gap[];
  /** Whether the file has its end mark. Undefined for version 1, which has none. */
  readonly closed: boolean | undefined;
  /** The end mark that a whole file lacks; undefined for version 1. */
  readonly endMark: Buffer | undefined;
}

/** A log file of the present version with these payloads, and with its end mark. */
export function encodeLog(payloads: readonly Buffer[]): Buffer {
  const marker = new SyncMarker();
  const frames = payloads.map((payload) => {
    const frame = sealFrame(Buffer.concat([Buffer.alloc(FRAME), payload]));
    marker.mark(frame);
    return frame;
  });
  return Buffer.concat([marker.header, ...frames, marker.endMark]);
}

/**
 * Reads a log file of either version, whatever is in it.
 * @param unit what the lengths in version 1 count, in bytes
 */
export function decodeLog(file: Buffer, unit: number): LogContents {
  if (file.length === 0) return { payloads: [], gaps: [], closed: false, endMark: undefined };
  const marker = markerOf(file);
  if (marker) return decodeV2(file, marker);
  const first = decodeV1(file, unit);
  if (first.gaps.length === 0 || file.length < HEADER + FRAME) return first;
  // where the beginning of a file is destroyed, its end mark still has the marker
  const second = decodeV2(file, file.subarray(-FRAME, -FRAME_V1));
  return sizeOf(second) > sizeOf(first) ? second : first;
}

const sizeOf = ({ payloads }: LogContents): number => payloads.reduce((sum, { length }) => sum + length, 0);

/** The sync marker of a file, which is there twice before the first payload. Undefined when it is not of version 2. */
function markerOf(file: Buffer): Buffer | undefined {
  const isV2 = file.subarray(0, MAGIC.length).equals(MAGIC);
  const [first, second] = [file.subarray(MAGIC.length, HEADER), file.subarray(HEADER, HEADER + MARKER)];
  if (first.length < MARKER) return undefined;
  if (first.equals(second) && isMarker(first)) return first;
  if (!isV2) return undefined;
  // the file ends here, or one of the two is damaged
  if (file.length < HEADER + FRAME) return first;
  /** The parts of the file that go with this marker. */
  const partsWith = (marker: Buffer): number => {
    const { payloads, closed } = decodeV2(file, marker);
    return payloads.length + Number(closed) + Number(marker === first);
  };
  const candidates = [second, first, file.subarray(-FRAME, -FRAME_V1)].filter(isMarker);
  return candidates.sort((a, b) => partsWith(b) - partsWith(a))[0];
}

/** Bytes that are all the same were destroyed: random ones never are. */
const isMarker = (marker: Buffer): boolean => marker.some((byte) => byte !== marker[0]);

const endMarkOf = (marker: Buffer): Buffer => Buffer.concat([marker, Buffer.alloc(FRAME_V1)]);

function decodeV2(file: Buffer, marker: Buffer): LogContents {
  const payloads: Buffer[] = [];
  const gaps: Gap[] = [];
  const header = Buffer.concat([MAGIC, marker]);
  if (!file.subarray(0, HEADER).equals(header)) gaps.push({ at: 0, length: Math.min(HEADER, file.length) });
  let closed = false;
  for (let at = HEADER; at < file.length;) {
    const payload = payloadAt(file, at, marker);
    if (payload) {
      closed = payload.length === 0;
      if (!closed) payloads.push(payload);
      at += FRAME + payload.length;
      continue;
    }
    closed = false;
    let next = at;
    do {
      next = file.indexOf(marker, next + 1);
    } while (next >= 0 && !payloadAt(file, next, marker));
    const end = next < 0 ? file.length : next;
    gaps.push({ at, length: end - at });
    at = end;
  }
  return { payloads, gaps, closed, endMark: endMarkOf(marker) };
}

/** The payload of the frame that begins here; undefined when there is no whole one. */
function payloadAt(file: Buffer, at: number, marker: Buffer): Buffer | undefined {
  if (!file.subarray(at, at + MARKER).equals(marker)) return undefined;
  return checked(file, at + MARKER, 1);
}

function decodeV1(file: Buffer, unit: number): LogContents {
  const payloads: Buffer[] = [];
  const gaps: Gap[] = [];
  for (let at = 0; at < file.length;) {
    const payload = checked(file, at, unit);
    if (payload && payload.length > 0) {
      payloads.push(payload);
      at += FRAME_V1 + payload.length;
      continue;
    }
    const next = at + FRAME_V1 <= file.length ? at + FRAME_V1 + file.readUInt32LE(at + 4) * unit : file.length;
    const isNext = (end: number): boolean => end === file.length || (checked(file, end, unit)?.length ?? 0) > 0;
    // where the length leads to another frame, it is longer than the payload at most
    const leadsOn = next > at + FRAME_V1 && next < file.length && isNext(next);
    const found = findEnd(leadsOn ? file.subarray(0, next) : file, at, unit);
    if (found !== undefined && isNext(found)) {
      payloads.push(file.subarray(at + FRAME_V1, found));
      gaps.push({ at: at + 4, length: 4 });
      at = found;
      continue;
    }
    const end = next > at + FRAME_V1 && isNext(next) ? next : file.length;
    gaps.push({ at, length: end - at });
    at = end;
  }
  return { payloads, gaps, closed: undefined, endMark: undefined };
}

/** Where a payload of version 1 ends by its checksum. */
function findEnd(file: Buffer, at: number, unit: number): number | undefined {
  if (at + FRAME_V1 > file.length) return undefined;
  const stored = file.readUInt32LE(at);
  let crc = 0;
  for (let end = at + FRAME_V1 + unit; end <= file.length; end += unit) {
    crc = crc32(file.subarray(end - unit, end), crc);
    if (crc === stored) return end;
  }
  return undefined;
}

/** The payload after a checksum and a length, if it is whole. */
function checked(file: Buffer, at: number, unit: number): Buffer | undefined {
  const begin = at + FRAME_V1;
  if (begin > file.length) return undefined;
  const end = begin + file.readUInt32LE(at + 4) * unit;
  if (end > file.length) return undefined;
  const payload = file.subarray(begin, end);
  return crc32(payload) === file.readUInt32LE(at) ? payload : undefined;
}
