/** MQTT control packet types (MQTT 5.0, table 2-1). */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** Reason codes that this broker sends (MQTT 5.0, 2.4). */
export const REASON_CODE = {
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  badAuthenticationMethod: 0x8c,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  receiveMaximumExceeded: 0x93,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
} as const;

/**
 * Decodes fixed headers (MQTT 3.1.1, 2.2) to find the control packets in a buffer. Reuse one scanner for all packets, which
 * saves an allocation for each.
 */
export class PacketScanner {
  /** First byte of the packet: packet type and flags. */
  first = 0;
  /** Offset of the packet's variable header in the buffer. */
  body = 0;
  /** Offset of the first byte after the packet in the buffer. */
  end = 0;

  get type(): number {
    return this.first >> 4;
  }

  /**
   * Decodes the fixed header at the offset `at`.
   * @returns whether the header is complete. The packet is complete when `end` is within the buffer.
   * @throws RangeError when the remaining length has more than four bytes (MQTT 3.1.1, 2.2.3)
   */
  readHeader(bytes: Buffer, at: number): boolean {
    let length = 0;
    for (let digits = 0; digits < 4; digits++) {
      const offset = at + 1 + digits;
      if (offset >= bytes.length) return false;
      const digit = bytes[offset];
      length += (digit & 0x7f) * 128 ** digits;
      if (digit < 0x80) {
        this.first = bytes[at];
        this.body = offset + 1;
        this.end = offset + 1 + length;
        return true;
      }
    }
    throw new RangeError("the remaining length has more than four bytes");
  }
}

/**
 * Decodes a variable byte integer (MQTT 5.0, 1.5.5).
 * @returns the value and the offset of the byte after it; undefined when the integer is malformed or extends beyond `end`
 */
export function readVariableInteger(
  bytes: Buffer,
  at: number,
  end: number,
): { value: number; next: number } | undefined {
  let value = 0;
  for (let digits = 0; digits < 4 && at + digits < end; digits++) {
    const digit = bytes[at + digits];
    value += (digit & 0x7f) * 128 ** digits;
    if (digit < 0x80) return { value, next: at + digits + 1 };
  }
  return undefined;
}
