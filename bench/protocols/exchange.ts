/** The exchange that every protocol implements: a board sends its light value and receives its lamp's state. */
import { decide, decode, encode, LAMP_COMMAND, LESSON_RULE, TELEMETRY, topicOf } from "../../contract/index.js";

const DEVICE_ID = "nightlight/porch";

/** Destination of readings: an MQTT topic, an AMQP address, or an HTTP path. */
export const READINGS_ADDRESS = topicOf(DEVICE_ID, "telemetry");
/** Source of commands: an MQTT topic, an AMQP address, or an HTTP path. */
export const COMMANDS_ADDRESS = topicOf(DEVICE_ID, "commands");

/** A board's MQTT client id or AMQP container id. */
export const CLIENT_ID = `nightlight-board:${DEVICE_ID}`;

/** The board's user name in every protocol. */
export const USER_NAME = "porch";
/** The board's password. It is as long as a password from `nightlight-server user add --generate`. */
export const PASSWORD = "0123456789abcdefghijkl";

/** A self-signed certificate and its key, in PEM. */
export interface TlsCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A benchmark server on a free loopback port. */
export interface ProtocolServer {
  readonly port: number;
  /** Sends a command without a reading, as when a person switches the lamp. HTTP has no such push. */
  sendCommand?(text: string): void;
  close(): Promise<void>;
}

/** A board that is connected, or that connects for each reading. */
export interface ProtocolClient {
  /** Sends a reading and returns the answer. */
  send(reading: string): Promise<string>;
  /** Returns the next command: MQTT and AMQP wait for a message, HTTP sends a request. */
  receiveCommand(): Promise<string>;
  close(): Promise<void>;
}

/** The connection parameters that board and server share. */
export interface ConnectionParameters {
  /** Keep-alive: maximum silence on the connection, in s. */
  readonly keepAlive: number;
  /** The server's certificate; undefined for a connection without TLS. */
  readonly tls?: TlsCertificate;
}

/** An implementation of the exchange with one protocol. */
export interface Protocol {
  readonly name: string;
  /** Whether the board opens a new connection for each reading. */
  readonly connectsPerReading?: boolean;
  startServer(parameters: ConnectionParameters): Promise<ProtocolServer>;
  /** Connects a board and subscribes it to commands. */
  connect(port: number, parameters: ConnectionParameters): Promise<ProtocolClient>;
}

const BOOT = 1_804_289_383;
const STARTED_AT = performance.now();

/** Encodes a reading of constant length: `seq` from 1,000 to 9,999, and `at` about ten minutes after the start. */
export function readingOf(seq: number): string {
  const at = 600_000 + Math.round(performance.now() - STARTED_AT);
  return encode(TELEMETRY, { light: 212, led_on: true, boot: BOOT, seq, age: 0, at });
}

/**
 * Returns the command with which the AMQP and HTTP servers answer a reading; over MQTT, `nightlight-server` answers.
 * @throws Error when the reading is invalid
 */
export function answerTo(reading: Buffer): string {
  const { value, problem } = decode(TELEMETRY, reading);
  if (!value) throw new Error(problem);
  const { led_on } = decide(LESSON_RULE, undefined, value.light, 0);
  return encode(LAMP_COMMAND, { led_on, seq: value.seq });
}
