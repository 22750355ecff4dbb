import type { Client } from "aedes";
import type { Rejection } from "../counters.js";

/**
 * The largest packet that is read through, in bytes: Mosquitto's default since 2.1, far above anything of ours. It is not
 * held in memory: see `limitPackets`.
 */
export const MAX_PACKET = 2_000_000;

/** What may stand in a packet before its payload, in bytes: the longest topic that MQTT has, and a little more. */
const HEADER = 65_535 + 5;

/** The largest packet that is held in memory where payloads have at most `payload` bytes. */
export function heldPacket(payload: number): number {
  return payload + HEADER;
}

/** A list of buffers: bl's, as far as it is used. */
interface Bytes {
  readonly length: number;
  readUInt16BE(offset: number): number;
  slice(start: number, end: number): Buffer;
  consume(count: number): void;
  append(bytes: Buffer): void;
}

/** What is used of the parser of mqtt-packet that aedes keeps for each client. */
interface Parser {
  packet: { cmd?: string; qos?: number; length: number };
  _list: Bytes;
  _parseLength(): boolean;
  _parsePayload(): boolean;
  _emitError(error: Error): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/**
 * Bounds what one client makes the broker hold in memory, whatever a packet announces: the parser itself would gather up
 * to 256 MB. Of a PUBLISH with too long a payload its beginning is thrown away while it arrives, so that the message can be
 * refused by its end, and the connection goes on. Any other packet that is too large, one before CONNECT, and one above
 * `MAX_PACKET`, end the connection before they are read. Also tells of packets that are not MQTT.
 */
export function limitPackets(
  client: Client,
  payload: number,
  rejected: (reason: Rejection, problem: string) => void,
): void {
  const parser = (client as unknown as { _parser: Parser })._parser;
  const { _parseLength: parseLength, _parsePayload: parsePayload } = parser;
  const held = heldPacket(payload);
  let most = held;
  parser._parseLength = function () {
    if (!parseLength.call(this)) return false;
    const { length, cmd } = this.packet;
    // a client need not wait for CONNACK [MQTT-3.1.4-5], and has it before aedes calls it connected
    most = cmd === "publish" && (client.connecting || client.connected) ? MAX_PACKET : held;
    if (length <= most) return true;
    this._emitError(new Error(`a packet of ${length} bytes, at most ${most} are read`));
    return false;
  };
  parser._parsePayload = function () {
    const { packet, _list: list } = this;
    // longer than any header: what a packet consists of beyond is payload
    const surplus = Math.min(packet.length - held, list.length - HEADER);
    if (surplus > 0 && list.length < packet.length) {
      const header = list.slice(0, 2 + list.readUInt16BE(0) + (packet.qos ? 2 : 0));
      list.consume(header.length + surplus);
      const rest = list.slice(0, list.length);
      list.consume(list.length);
      list.append(header);
      list.append(rest);
      packet.length -= surplus;
    }
    return parsePayload.call(this);
  };
  parser.on("error", (error) =>
    rejected(parser.packet.length > most ? "too-large" : "malformed-packet", error.message),
  );
}
