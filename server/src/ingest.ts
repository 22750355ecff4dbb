import {
  decode,
  idProblem,
  jsonProblem,
  MAX_PAYLOAD,
  OVERRIDE,
  parseTopic,
  REPLY,
  STATUS,
  TELEMETRY,
  type Channel,
  type Fields,
  type Message,
} from "../../contract/index.js";
import type { Counters, Rejection } from "./counters.js";
import type { Decisions } from "./decisions.js";
import type { Device, Devices, Mode } from "./devices.js";
import { Seen } from "./duplicates.js";
import { textOf } from "./errors.js";
import { isInbound } from "./link/scope.js";
import type { Rejects } from "./rejects.js";

/** What ingest hands its messages to. */
export interface Receivers {
  readonly devices: Devices;
  readonly decisions: Decisions;
  readonly counters: Counters;
  readonly rejects: Rejects;
  /** Whether a device is this server's. */
  owns(id: string): boolean;
  /** The server's own status topic, which looks like a device's. */
  readonly presence: string;
  /** A message was understood, and is about to take effect. */
  received(id: string, channel: Channel, message: object): void;
  /** A new reading took effect. */
  read(device: Device, taken: number, light: number): void;
  /** An app wants this of a lamp. */
  setMode(device: Device, mode: Mode): void;
}

/** Takes a message from the wire: any topic and any bytes whatever; never throws. A retained one tells of an earlier time. */
export type Ingest = (topic: string, payload: Buffer, retained: boolean) => void;

/** The one place where a message from the wire is decoded, counted, and passed on or refused. */
export function createIngest(to: Receivers): Ingest {
  const { devices, decisions, counters, rejects } = to;

  /** The message, or undefined after it was refused. */
  function read<F extends Fields>(fields: F, id: string, channel: Channel, payload: Buffer): Message<F> | undefined {
    const { value, problem } = decode(fields, payload);
    if (value === undefined) {
      rejects.add(reasonFor(payload), id, problem!);
      return undefined;
    }
    counters.received++;
    to.received(id, channel, value);
    return value;
  }

  /** The device, or undefined when there is no room for it. */
  function deviceOf(id: string): Device | undefined {
    const device = devices.obtain(id);
    if (!device) rejects.add("too-many-devices", "new devices", `there are ${devices.size} devices already`);
    return device;
  }

  function telemetry(id: string, payload: Buffer): void {
    const reading = read(TELEMETRY, id, "telemetry", payload);
    const device = reading && deviceOf(id);
    if (!device) return;
    const now = Date.now();
    devices.heard(device, now);
    const { boot, seq } = reading;
    if (boot !== undefined && seq !== undefined && !(device.seen ??= new Seen()).isNew(boot, seq)) {
      counters.duplicates++;
      return;
    }
    decisions.reading(device, reading, now);
    to.read(device, now - (reading.age ?? 0), reading.light);
  }

  function status(id: string, payload: Buffer, retained: boolean): void {
    const status = read(STATUS, id, "status", payload);
    const device = status && deviceOf(id);
    if (!device) return;
    if (status.online && !retained) devices.heard(device, Date.now());
    devices.announced(device, status);
  }

  function reply(id: string, payload: Buffer): void {
    const device = read(REPLY, id, "replies", payload) && devices.get(id);
    if (device) devices.heard(device, Date.now());
  }

  function set(id: string, payload: Buffer): void {
    const device = devices.get(id);
    if (!device) return rejects.add("unknown-device", id, "no device of this id has been heard");
    const override = read(OVERRIDE, id, "set", payload);
    if (override) to.setMode(device, override.mode);
  }

  return (topic, payload, retained) => {
    try {
      if (topic === to.presence || !isInbound(topic)) return;
      const parsed = parseTopic(topic);
      if (!parsed) {
        const id = topic.slice(0, Math.max(0, topic.lastIndexOf("/")));
        return rejects.add("bad-id", topic, idProblem(id));
      }
      const { id, channel } = parsed;
      if (!to.owns(id)) return;
      if (channel === "telemetry") telemetry(id, payload);
      else if (channel === "status") status(id, payload, retained);
      else if (channel === "replies") reply(id, payload);
      else set(id, payload);
    } catch (error) {
      // a fault of ours must not reach the broker, which would take it for its own
      rejects.add("internal", topic, textOf(error));
    }
  };
}

/** The kind of fault, for the counters, of a payload that could not be decoded. */
function reasonFor(payload: Buffer): Rejection {
  if (payload.length === 0) return "empty";
  if (payload.length > MAX_PAYLOAD) return "too-large";
  return jsonProblem(payload) ? "not-json" : "wrong-fields";
}
