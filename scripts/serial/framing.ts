/**
 * Jacdac frames and the board's log on one line of bytes, as DeviceScript's runtime puts them there
 * (jacdac-c/source/jd_usb.c; the USB bridge service of the Jacdac specification).
 *
 * Frames stand between `magic frameStart` and `magic frameEnd`; a magic byte within is doubled by a literal mark. What is
 * outside of frames is text.
 */
import { jacdac } from "../../sim/vm/jacdac.js";

const { UsbBridgeQByte: Byte, UsbBridgeCmd, SRV_USB_BRIDGE } = jacdac;

/** A frame has 12 bytes before its data, of which there are at most 240. */
const LONGEST_FRAME = 252;

/** The frame as it travels. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
  const out: number[] = [Byte.Magic, Byte.FrameStart];
  for (const byte of frame) {
    out.push(byte);
    if (byte === Byte.Magic) out.push(Byte.LiteralMagic);
  }
  out.push(Byte.Magic, Byte.FrameEnd);
  return Uint8Array.from(out);
}

/** Takes apart what comes from a board. */
export class FrameDecoder {
  #frame: number[] | undefined;
  #magic = false;

  /**
   * @param frame gets each whole frame, its checksum not yet looked at
   * @param text gets what is outside of frames
   */
  constructor(
    private readonly frame: (frame: Uint8Array) => void,
    private readonly text: (bytes: Uint8Array) => void,
  ) {}

  push(chunk: Uint8Array): void {
    const text: number[] = [];
    for (const byte of chunk) this.#take(byte, text);
    if (text.length > 0) this.text(Uint8Array.from(text));
  }

  #take(byte: number, text: number[]): void {
    if (!this.#magic) {
      if (byte === Byte.Magic) this.#magic = true;
      else this.#put(byte, text);
      return;
    }
    this.#magic = false;
    switch (byte) {
      case Byte.LiteralMagic:
        return this.#put(Byte.Magic, text);
      case Byte.FrameStart:
        // the end of the frame before was lost, and the frame with it
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
        this.#magic = true;
        return this.#put(Byte.Magic, text);
      default:
        // not one of ours: a program that prints such bytes
        this.#frame = undefined;
        text.push(Byte.Magic, byte);
    }
  }

  #put(byte: number, text: number[]): void {
    if (!this.#frame) text.push(byte);
    else if (this.#frame.push(byte) > LONGEST_FRAME) this.#frame = undefined;
  }
}

/** Offsets within a frame. */
const FLAGS = 3;
const IDENTIFIER = 4;

/** Whether a frame is between the two ends of the line, and none of the bus. */
export function isBridgeFrame(frame: Uint8Array): boolean {
  if (frame.length < 12 || !(frame[FLAGS] & jacdac.JD_FRAME_FLAG_IDENTIFIER_IS_SERVICE_CLASS)) return false;
  return Buffer.from(frame).readUInt32LE(IDENTIFIER) === SRV_USB_BRIDGE;
}

/** Asks the other end for frames, or for its log; it answers with a frame alike. */
export function bridgeFrame(what: "packets" | "log"): Uint8Array {
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
