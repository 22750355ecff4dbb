/** SLIP framing (RFC 1055), as Espressif's boot loaders use it: every packet begins and ends with 0xc0. */
const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

export function encodePacket(packet: Uint8Array): Uint8Array {
  const bytes = [...packet].flatMap((byte) =>
    byte === END ? [ESCAPE, ESCAPED_END] : byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte],
  );
  return Uint8Array.of(END, ...bytes, END);
}

/** Collects bytes into packets. */
export class PacketDecoder {
  #packet: number[] | undefined;
  #escaping = false;

  /** Takes the next byte. Returns the packet that the byte completes. */
  push(byte: number): Uint8Array | undefined {
    if (byte === END) {
      const packet = this.#packet;
      // two packets may share the byte between them
      this.#packet = packet?.length === 0 ? packet : packet ? undefined : [];
      this.#escaping = false;
      return packet && packet.length > 0 ? Uint8Array.from(packet) : undefined;
    }
    if (!this.#packet) return undefined;
    if (this.#escaping) {
      this.#packet.push(byte === ESCAPED_END ? END : byte === ESCAPED_ESCAPE ? ESCAPE : byte);
      this.#escaping = false;
    } else if (byte === ESCAPE) this.#escaping = true;
    else this.#packet.push(byte);
    return undefined;
  }
}
