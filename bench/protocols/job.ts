/** The job that every protocol does here: a board says how bright it is, and is told what its lamp is to be. */
import { decide, decode, encode, LAMP_COMMAND, LESSON_RULE, TELEMETRY, topicOf } from "../../contract/index.js";

const ID = "nightlight/porch";

/** Where readings go, and where commands come from: topics for MQTT, addresses for AMQP, paths for HTTP. */
export const READINGS = topicOf(ID, "telemetry");
export const COMMANDS = topicOf(ID, "commands");

/** The client id or container id of a board. */
export const NAME = `nightlight-board:${ID}`;

/** How a board logs in; the password is as long as one that `nightlight-server user add --generate` makes. */
export const USER = "porch";
export const PASSWORD = "0123456789abcdefghijkl";

/** A certificate that is its own authority, and its key, in PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** A server of the job on a loopback port of its own. */
export interface Stand {
  readonly port: number;
  /** Sends a command that answers no reading, as when a person switches the lamp; HTTP cannot. */
  command?(text: string): void;
  close(): Promise<void>;
}

/** A board that is connected, or that will be for each reading. */
export interface Device {
  /** Sends a reading; over when the answer is here. */
  send(reading: string): Promise<string>;
  /** The next command that answers no reading: waits for it, or asks for it. */
  command(): Promise<string>;
  close(): Promise<void>;
}

/** What both ends know. */
export interface Terms {
  /** How long either side may be silent, in s. */
  readonly keepAlive: number;
  /** TLS with this certificate. */
  readonly tls?: TlsPair;
}

/** A way to do the job. */
export interface Protocol {
  readonly name: string;
  /** Whether each reading makes a connection of its own. */
  readonly each?: boolean;
  serve(terms: Terms): Promise<Stand>;
  /** Connects, and is ready for commands. */
  connect(port: number, terms: Terms): Promise<Device>;
}

const BOOT = 1_804_289_383;
const STARTED = performance.now();

/** A reading as a board sends it. Always as long: `seq` from 1,000 to 9,999, and ten minutes after its start. */
export function readingOf(seq: number): string {
  const at = 600_000 + Math.round(performance.now() - STARTED);
  return encode(TELEMETRY, { light: 212, led_on: true, boot: BOOT, seq, age: 0, at });
}

/** What the server answers, where it is not `nightlight-server` itself. @throws Error when it is no reading */
export function answerTo(reading: Buffer): string {
  const { value, problem } = decode(TELEMETRY, reading);
  if (!value) throw new Error(problem);
  const { led_on } = decide(LESSON_RULE, undefined, value.light, 0);
  return encode(LAMP_COMMAND, { led_on, seq: value.seq });
}
