/**
 * A simulated boot loader: the one in the chip's ROM, and the stub that the computer uploads to the chip's RAM. The stub's
 * code is not executed; after the upload, the simulation behaves like the stub.
 *
 * Source: Espressif's description of the serial protocol, see chips.ts.
 */
import { constants, inflateSync } from "node:zlib";
import { CHIP_FACTS, type ChipFacts, type ChipName } from "./chips.js";
import type { FlashMemory } from "./flash-memory.js";
import { encodePacket, PacketDecoder } from "./slip.js";

export const Command = {
  FlashBegin: 0x02,
  FlashData: 0x03,
  FlashEnd: 0x04,
  MemBegin: 0x05,
  MemEnd: 0x06,
  MemData: 0x07,
  Sync: 0x08,
  WriteReg: 0x09,
  ReadReg: 0x0a,
  SpiSetParams: 0x0b,
  SpiAttach: 0x0d,
  ChangeBaud: 0x0f,
  DeflBegin: 0x10,
  DeflData: 0x11,
  DeflEnd: 0x12,
  Md5: 0x13,
  SecurityInfo: 0x14,
} as const;

/** Errors in the second status byte: those of the ROM are small, those of the stub begin at 0xc0. */
export const Status = { InvalidMessage: 0x05, RomFlashWrite: 0x08, BadChecksum: 0xc1, FailedSpi: 0xc4, NotInFlashMode: 0xc6, TooMuchData: 0xc9 } as const; // prettier-ignore

const MAGIC_REGISTER = 0x40001000;
const READ_FLASH_ID = 0x9f;
const SPI_RUN = 1 << 18;
/** Bit of the strapping register: the chip runs its program. */
const STRAP_RUN = 1 << 3;

interface Answer {
  readonly value?: number;
  readonly data?: Uint8Array;
  /** Error code; 0 or undefined for success. */
  readonly error?: number;
  /** How often the answer is sent. */
  readonly times?: number;
}

export interface BootLoaderOptions {
  readonly chip: ChipName;
  readonly flash: FlashMemory;
  /** Whether the computer is connected to the chip's own USB port. */
  readonly nativeUsb?: boolean;
  /** Whether the button BOOT selected the boot loader. */
  readonly byButton?: boolean;
  /** Returns the error code with which a command fails. */
  readonly failure?: (command: number, count: number) => number | undefined;
  /** Whether the chip accepts only signed programs. */
  readonly secure?: boolean;
  send(bytes: Uint8Array): void;
  setBaud(baud: number): void;
}

export class BootLoader {
  /** The commands that arrived, in order. */
  readonly commands: number[] = [];
  readonly registers = new Map<number, number>();
  isStub = false;
  readonly #decoder = new PacketDecoder();
  readonly #facts: ChipFacts;
  #ram: { start: number; size: number; received: number }[] = [];
  #write: { offset: number; size: number; blocks: number; next: number; compressed: Buffer[]; written: number } | undefined; // prettier-ignore

  constructor(private readonly options: BootLoaderOptions) {
    this.#facts = CHIP_FACTS[options.chip];
    this.registers.set(MAGIC_REGISTER, this.#facts.magic);
    this.registers.set(this.#facts.strap, options.byButton ? 0 : STRAP_RUN);
    if (options.nativeUsb)
      for (const [address, value] of Object.entries(this.#facts.usbRegisters ?? {})) this.registers.set(Number(address), value); // prettier-ignore
  }

  receive(byte: number): void {
    const packet = this.#decoder.push(byte);
    if (!packet || packet.length < 8 || packet[0] !== 0) return;
    const view = Buffer.from(packet);
    const body = view.subarray(8, 8 + view.readUInt16LE(2));
    const command = packet[1];
    this.commands.push(command);
    const count = this.commands.filter((earlier) => earlier === command).length;
    const error = this.options.failure?.(command, count);
    this.#answer(command, error === undefined ? this.#run(command, body, view.readUInt32LE(4)) : { error });
    if (error === undefined) this.#afterAnswer(command, body);
  }

  #answer(command: number, { value = 0, data = new Uint8Array(), error = 0, times = 1 }: Answer): void {
    const status = Buffer.alloc(this.isStub ? 2 : 4);
    status.set(error ? [1, error] : [0, 0]);
    const head = Buffer.alloc(8);
    // the ROM answers a command that it does not know with another command's number
    const unknown = error === Status.InvalidMessage && !this.isStub;
    head.set([1, unknown ? 0xff : command]);
    head.writeUInt16LE(data.length + status.length, 2);
    head.writeUInt32LE(value >>> 0, 4);
    const packet = encodePacket(Buffer.concat([head, data, status]));
    for (let i = 0; i < (unknown ? 8 : times); i++) this.options.send(packet);
  }

  /** Does what takes effect only after the answer was sent. */
  #afterAnswer(command: number, body: Buffer): void {
    if (command === Command.ChangeBaud) this.options.setBaud(body.readUInt32LE(0));
    if (command === Command.MemEnd && !this.isStub && this.#isUploaded(body.readUInt32LE(4))) {
      this.isStub = true;
      this.options.send(encodePacket(Buffer.from("OHAI")));
    }
  }

  /** Returns whether the uploaded code is complete and contains this address. */
  #isUploaded = (entry: number): boolean =>
    this.#ram.every(({ size, received }) => received >= size) &&
    this.#ram.some(({ start, size }) => entry >= start && entry < start + size);

  #run(command: number, body: Buffer, checksum: number): Answer {
    const secureCommands: number[] = [Command.Sync, Command.SecurityInfo];
    if (this.options.secure && !secureCommands.includes(command)) return { error: Status.InvalidMessage };
    switch (command) {
      case Command.Sync:
        return this.isStub ? {} : { value: 0x20120707, times: 8 };
      case Command.ReadReg:
        return { value: this.registers.get(body.readUInt32LE(0)) ?? 0 };
      case Command.WriteReg:
        return this.#writeRegister(body);
      case Command.SecurityInfo:
        return this.#describeSecurity();
      case Command.MemBegin:
        this.#ram.push({ start: body.readUInt32LE(12), size: body.readUInt32LE(0), received: 0 });
        return {};
      case Command.MemData:
        if (!isChecksumValid(body, checksum)) return { error: 0x07 };
        this.#ram.at(-1)!.received += body.length - 16;
        return {};
      case Command.MemEnd:
      case Command.SpiAttach:
      case Command.SpiSetParams:
      case Command.ChangeBaud:
        return {};
      case Command.FlashBegin:
      case Command.DeflBegin:
        return this.#beginWrite(body);
      case Command.FlashData:
      case Command.DeflData:
        return this.#writeBlock(body, checksum, command === Command.DeflData);
      case Command.FlashEnd:
      case Command.DeflEnd:
        return {};
      case Command.Md5: {
        const md5 = this.options.flash.md5(body.readUInt32LE(0), body.readUInt32LE(4));
        return { data: this.isStub ? md5 : Buffer.from(md5.toString("hex")) };
      }
      default:
        return { error: this.isStub ? 0xff : Status.InvalidMessage };
    }
  }

  #writeRegister(body: Buffer): Answer {
    const [address, value, mask] = [0, 4, 8].map((at) => body.readUInt32LE(at));
    this.registers.set(address, (((this.registers.get(address) ?? 0) & ~mask) | (value & mask)) >>> 0);
    const { spi } = this.#facts;
    if (address === spi.command && value & SPI_RUN) {
      this.registers.set(spi.command, 0);
      if (((this.registers.get(spi.user2) ?? 0) & 0xff) === READ_FLASH_ID)
        this.registers.set(spi.data, 0x40ef | (this.options.flash.sizeCode << 16));
    }
    return {};
  }

  #describeSecurity(): Answer {
    if (this.#facts.securityInfo === "none") return { error: Status.InvalidMessage };
    const info = Buffer.alloc(this.#facts.securityInfo === "full" ? 20 : 12);
    if (this.options.secure) info.writeUInt32LE(1 << 2, 0);
    if (info.length === 20) info.writeUInt32LE(this.#facts.id, 12);
    return { data: info };
  }

  #beginWrite(body: Buffer): Answer {
    const [size, blocks, , offset] = [0, 4, 8, 12].map((at) => body.readUInt32LE(at));
    this.options.flash.begin(offset);
    this.#write = { offset, size, blocks, next: 0, compressed: [], written: 0 };
    return {};
  }

  #writeBlock(body: Buffer, checksum: number, isCompressed: boolean): Answer {
    const write = this.#write;
    if (!write) return { error: Status.NotInFlashMode };
    if (!isChecksumValid(body, checksum)) return { error: Status.BadChecksum };
    const sequence = body.readUInt32LE(4);
    // a repeated block was written already; only its answer was lost
    if (sequence === write.next - 1) return {};
    if (sequence !== write.next || sequence >= write.blocks) return { error: Status.TooMuchData };
    write.next++;
    write.compressed.push(Buffer.from(body.subarray(16)));
    const input = Buffer.concat(write.compressed);
    const all = isCompressed ? inflateSync(input, { finishFlush: constants.Z_SYNC_FLUSH }) : input;
    this.options.flash.write(write.offset + write.written, all.subarray(write.written));
    write.written = all.length;
    return {};
  }
}

function isChecksumValid(body: Buffer, checksum: number): boolean {
  const data = body.subarray(16);
  return body.readUInt32LE(0) === data.length && data.reduce((sum, byte) => sum ^ byte, 0xef) === checksum;
}
