/**
 * Separates Jacdac frames from log text on a board's serial line, as DeviceScript's runtime combines them
 * (jacdac-c/source/jd_usb.c; the USB bridge service of the Jacdac specification).
 *
 * The bytes `magic frameStart` begin a frame, `magic frameEnd` ends a frame, and `magic literalMagic` escapes a magic byte
 * in the data. Bytes outside of frames are text.
 */
import { jacdac } from "../jacdac.js";

const { UsbBridgeQByte: Byte, UsbBridgeCmd, SRV_USB_BRIDGE } = jacdac;

/** Length of the longest frame, in bytes: 12 bytes of header and 240 bytes of data. */
const MAX_FRAME_SIZE = 252;

/** Encodes a frame for the serial line. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
  const out: number[] = [Byte.Magic, Byte.FrameStart];
  for (const byte of frame) {
    out.push(byte);
    if (byte === Byte.Magic) out.push(Byte.LiteralMagic);
  }
  out.push(Byte.Magic, Byte.FrameEnd);
  return Uint8Array.from(out);
}

/** Decodes the bytes from a board into frames and text. */
export class FrameDecoder {
  #frame: number[] | undefined;
  #afterMagic = false;

  /**
   * @param frame receives each complete frame; its checksum is not verified
   * @param text receives the bytes outside of frames
   */
  constructor(
    private readonly frame: (frame: Uint8Array) => void,
    private readonly text: (bytes: Uint8Array) => void,
  ) {}

  push(chunk: Uint8Array): void {
    const text: number[] = [];
    for (const byte of chunk) this.#decodeByte(byte, text);
    if (text.length > 0) this.text(Uint8Array.from(text));
  }

  #decodeByte(byte: number, text: number[]): void {
    if (!this.#afterMagic) {
      if (byte === Byte.Magic) this.#afterMagic = true;
      else this.#appendByte(byte, text);
      return;
    }
    this.#afterMagic = false;
    switch (byte) {
      case Byte.LiteralMagic:
        return this.#appendByte(Byte.Magic, text);
      case Byte.FrameStart:
        // a new frame begins, so the unfinished frame before it is discarded
        this.#frame = [];
        return;
      case Byte.FrameEnd:
        if (this.#frame) this.frame(Uint8Array.from(this.#frame));
        this.#frame = undefined;
        return;
      case Byte.SerialGap:
      case Byte.FrameGap:
      case Byte.Reserved:
        return;
      case Byte.Magic:
        this.#afterMagic = true;
        return this.#appendByte(Byte.Magic, text);
      default:
        // the byte after the magic byte is no control code, so both bytes are text that the board's program printed
        this.#frame = undefined;
        text.push(Byte.Magic, byte);
    }
  }

  #appendByte(byte: number, text: number[]): void {
    if (!this.#frame) text.push(byte);
    else if (this.#frame.push(byte) > MAX_FRAME_SIZE) this.#frame = undefined;
  }
}

/** Byte offset of the flags in a frame. */
const FLAGS_OFFSET = 3;
/** Byte offset of the device identifier or service class in a frame. */
const IDENTIFIER_OFFSET = 4;

/** Returns whether a frame belongs to the USB bridge service, which only the two ends of the serial line use. */
export function isBridgeFrame(frame: Uint8Array): boolean {
  if (frame.length < 12 || !(frame[FLAGS_OFFSET] & jacdac.JD_FRAME_FLAG_IDENTIFIER_IS_SERVICE_CLASS)) return false;
  return new DataView(frame.buffer, frame.byteOffset).getUint32(IDENTIFIER_OFFSET, true) === SRV_USB_BRIDGE;
}

/** Returns a frame that asks the board to send Jacdac frames or its log. The board answers with a copy of the frame. */
export function createBridgeFrame(what: "packets" | "log"): Uint8Array {
  const { EnablePackets, EnableLog } = UsbBridgeCmd;
  const flags =
    jacdac.JD_FRAME_FLAG_IDENTIFIER_IS_SERVICE_CLASS | jacdac.JD_FRAME_FLAG_COMMAND | jacdac.JD_FRAME_FLAG_LOOPBACK;
  const frame = jacdac.jdpack("u16 u8 u8 u32 u32 u8 u8 u16", [
    0,
    4,
    flags,
    SRV_USB_BRIDGE,
    jacdac.JD_DEVICE_IDENTIFIER_BROADCAST_HIGH_MARK,
    0,
    jacdac.JD_SERVICE_INDEX_BROADCAST,
    what === "packets" ? EnablePackets : EnableLog,
  ]);
  const crc = jacdac.crc(frame.slice(2));
  frame[0] = crc & 0xff;
  frame[1] = crc >> 8;
  return frame;
}
