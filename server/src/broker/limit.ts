import type { Client } from "aedes";
import type { Rejection } from "../counters.js";

/** The largest packet a client may send, in bytes: Mosquitto's default since 2.1, far above anything of ours. */
export const MAX_PACKET = 2_000_000;

/** What is used of the parser of mqtt-packet that aedes keeps for each client. */
interface Parser {
  packet: { length: number };
  _parseLength(): boolean;
  _emitError(error: Error): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/**
 * Ends a connection on which a packet announces more than `MAX_PACKET` bytes, before they are read: the parser itself
 * would gather up to 256 MB. Also tells of packets that are not MQTT.
 */
export function limitPackets(client: Client, rejected: (reason: Rejection, problem: string) => void): void {
  const parser = (client as unknown as { _parser: Parser })._parser;
  const parseLength = parser._parseLength;
  parser._parseLength = function () {
    if (!parseLength.call(this)) return false;
    if (this.packet.length <= MAX_PACKET) return true;
    this._emitError(new Error(`a packet of ${this.packet.length} bytes, at most ${MAX_PACKET} are read`));
    return false;
  };
  parser.on("error", (error) =>
    rejected(parser.packet.length > MAX_PACKET ? "too-large" : "malformed-packet", error.message),
  );
}
