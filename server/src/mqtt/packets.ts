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
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** Reason codes of MQTT 5.0 (2.4) that this broker sends itself. */
export const REASON = {
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
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
 * Finds control packets in a buffer by their fixed header (MQTT 3.1.1, 2.2). One scanner reads packet after packet, so that
 * nothing is allocated for each.
 */
export class PacketScanner {
  /** The first byte: packet type and flags. */
  first = 0;
  /** Where the variable header begins, and where the packet ends. */
  body = 0;
  end = 0;

  get type(): number {
    return this.first >> 4;
  }

  /**
   * Reads the fixed header at `at`.
   * @returns whether it is there as a whole; the packet itself is there when `end` is within the buffer
   * @throws RangeError when the remaining length has more than four bytes [MQTT-2.2.3]
   */
  read(bytes: Buffer, at: number): boolean {
    let length = 0;
    for (let digits = 0; digits < 4; digits++) {
      const place = at + 1 + digits;
      if (place >= bytes.length) return false;
      const digit = bytes[place];
      length += (digit & 0x7f) * 128 ** digits;
      if (digit < 0x80) {
        this.first = bytes[at];
        this.body = place + 1;
        this.end = place + 1 + length;
        return true;
      }
    }
    throw new RangeError("the remaining length has more than four bytes");
  }
}

/** A variable byte integer (MQTT 5.0, 1.5.5), and where it ends; undefined when it is malformed or goes beyond `end`. */
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
