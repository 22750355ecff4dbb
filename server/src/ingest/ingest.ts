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
  type Reply,
  type Telemetry,
} from "../../../contract/index.js";
import type { Arrival } from "./arrival.js";
import type { Placed } from "../devices/boots.js";
import type { Counters, Rejection } from "../observability/counters.js";
import type { Decisions } from "../decisions/decisions.js";
import type { Device, Devices, Mode } from "../devices/devices.js";
import { textOf } from "../common/errors.js";
import { isInbound } from "../transport/scope.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zone } from "../decisions/zones/zone.js";

/** What ingest hands its messages to. */
export interface Receivers {
  readonly devices: Devices;
  readonly decisions: Decisions;
  readonly counters: Counters;
  readonly rejects: RejectionLog;
  /** Whether a device is this server's. */
  owns(id: string): boolean;
  /** The server's own status topic, which looks like a device's. */
  readonly presence: string;
  /** A message was understood, and is about to take effect. */
  received(id: string, channel: Channel, message: object): void;
  /** Whether no further reading can be taken for now, because too many wait to be stored. */
  isFull(): boolean;
  /** A reading that was understood had been delivered before: it has no effect. */
  again(id: string, reading: Telemetry): Promise<void> | undefined;
  /** A new reading took effect. @param live whether it cannot have waited at a broker */
  read(device: Device, reading: Telemetry, placed: Placed, now: number, live: boolean): Promise<void> | undefined;
  /** A device told of itself. */
  announced(device: Device): void;
  /** A device replied to an action. */
  replied(device: Device, reply: Reply): Promise<void>;
  /** An app wants this of a lamp. @param duration in ms; undefined when it lasts */
  setMode(device: Device, mode: Mode, duration: number | undefined): Promise<void>;
  /** The zone that an id stands for; undefined when it stands for none. */
  zoneOf(id: string): Zone | undefined;
  /** An app wants this of a zone. */
  setZoneMode(zone: Zone, mode: Mode, duration: number | undefined): Promise<void>;
  /** A reading was decided upon, which took so many ms. */
  decided(ms: number): void;
}

/**
 * Takes a message from the wire: any topic and any bytes whatever; never throws. A retained one, which the broker sends in
 * answer to a subscription [MQTT-3.3.1-8], tells of an earlier time: by the contract only a status is retained, and others
 * have no effect. One that is published with the flag while the server is subscribed is not marked as retained [MQTT-3.3.1-9].
 * What is returned is fulfilled when what must survive a restart is stored, and rejected when the message cannot be taken
 * and must be delivered again; undefined when there is nothing to store.
 */
export type Ingest = (
  topic: string,
  payload: Buffer,
  retained: boolean,
  arrival?: Arrival,
) => Promise<void> | undefined;

/** What is not acknowledged as long as this process lives. */
const NEVER = new Promise<never>(() => {});

/** What cannot be stored for now, and must be delivered again. */
const REFUSED: Promise<never> = Promise.reject(new Error("too many readings wait to be stored"));
REFUSED.catch(() => {});

/** The one place where a message from the wire is decoded, counted, and passed on or refused. */
export function createIngest(to: Receivers): { readonly ingest: Ingest; close(): void } {
  const { devices, decisions, counters, rejects } = to;
  let closed = false;

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

  function telemetry(id: string, payload: Buffer, arrival?: Arrival): Promise<void> | undefined {
    const begin = performance.now();
    const reading = read(TELEMETRY, id, "telemetry", payload);
    const device = reading && deviceOf(id);
    if (!device) return undefined;
    const now = arrival?.now ?? clock.now();
    devices.heard(device, now);
    const live = arrival?.live ?? !decisions.catchingUp;
    if (to.isFull()) {
      counters.refused++;
      decideOnly(device, reading, now, live);
      return REFUSED;
    }
    const placed = place(device, reading, now, live, arrival?.before);
    if (placed.arrival === "duplicate") {
      counters.duplicates++;
      return to.again(id, reading);
    }
    if (placed.arrival === "newest") {
      device.taken = placed.taken;
      const { taken, sure } = placed;
      const seq = reading.boot === undefined ? undefined : reading.seq;
      decisions.reading(device, { light: reading.light, seq, taken, sure }, now);
      to.decided(performance.now() - begin);
    }
    return to.read(device, reading, placed, now, live);
  }

  /** The lamp follows a reading that is not remembered. */
  function decideOnly(device: Device, { light, seq, age = 0 }: Telemetry, now: number, live: boolean): void {
    const taken = now - age;
    if (taken < device.taken && device.taken <= now) return;
    device.taken = taken;
    decisions.reading(device, { light, seq, taken, sure: live }, now);
  }

  function status(id: string, payload: Buffer, retained: boolean): void {
    // so a retained message is taken away [MQTT-3.3.1-10]
    if (payload.length === 0) return;
    const status = read(STATUS, id, "status", payload);
    const device = status && deviceOf(id);
    if (!device) return;
    if (status.online && !retained) devices.heard(device, clock.now());
    devices.announced(device, status, retained);
    to.announced(device);
  }

  function reply(id: string, payload: Buffer): Promise<void> | undefined {
    const reply = read(REPLY, id, "replies", payload);
    const device = reply && devices.get(id);
    if (!device) return undefined;
    devices.heard(device, clock.now());
    return to.replied(device, reply);
  }

  function set(id: string, payload: Buffer, zone: Zone | undefined): Promise<void> | undefined {
    if (zone) {
      const override = read(OVERRIDE, id, "set", payload);
      return override && to.setZoneMode(zone, override.mode, override.for);
    }
    const device = devices.get(id);
    if (!device) {
      rejects.add("unknown-device", id, "no device of this id has been heard");
      return undefined;
    }
    const override = read(OVERRIDE, id, "set", payload);
    return override && to.setMode(device, override.mode, override.for);
  }

  const ingest: Ingest = (topic, payload, retained, arrival) => {
    if (closed) return NEVER;
    try {
      if (topic === to.presence || !isInbound(topic)) return undefined;
      const parsed = parseTopic(topic);
      if (!parsed) {
        const id = topic.slice(0, Math.max(0, topic.lastIndexOf("/")));
        rejects.add("bad-id", topic, idProblem(id));
        return undefined;
      }
      const { id, channel } = parsed;
      if (retained && channel !== "status") {
        rejects.add("retained", topic, retainedProblem(topic));
        return undefined;
      }
      const zone = channel === "set" ? to.zoneOf(id) : undefined;
      if (!zone && !to.owns(id)) return undefined;
      if (channel === "telemetry") return telemetry(id, payload, arrival);
      if (channel === "replies") return reply(id, payload);
      if (channel === "set") return set(id, payload, zone);
      status(id, payload, retained);
    } catch (error) {
      // a fault of ours must not reach the broker, which would take it for its own
      rejects.add("internal", topic, textOf(error));
    }
    return undefined;
  };

  return {
    ingest,
    /** What comes from now on has no effect, and is not acknowledged, so that it comes again. */
    close() {
      closed = true;
    },
  };
}

/** Where a reading belongs: by its number, or, when it has none, by its time. */
function place(device: Device, reading: Telemetry, now: number, live: boolean, before = now): Placed {
  const { boot, seq, age = 0 } = reading;
  if (boot !== undefined && seq !== undefined) {
    const boots = device.obtainBoots();
    const placed = boots.place(boot, seq, reading, now, live);
    device.missed(boots.holes, now);
    return placed;
  }
  const taken = before - age;
  // what is newest cannot be of the future: then the clock was set back
  const late = taken < device.taken && device.taken <= now;
  return { arrival: late ? "late" : "newest", taken, sure: live };
}

/** Why a retained message has no effect, and how a person removes it from the broker. */
function retainedProblem(topic: string): string {
  const quoted = /^[\w./:-]+$/.test(topic) ? topic : `'${topic.replaceAll("'", "'\\''")}'`;
  return (
    `it is retained, so that the broker sends it at every start, however old it is; ` +
    `remove it there: mosquitto_pub -r -n -t ${quoted}`
  );
}

/** The kind of fault, for the counters, of a payload that could not be decoded. */
function reasonFor(payload: Buffer): Rejection {
  if (payload.length === 0) return "empty";
  if (payload.length > MAX_PAYLOAD) return "too-large";
  return jsonProblem(payload) ? "not-json" : "wrong-fields";
}
