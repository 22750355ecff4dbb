import type { Lamp, Status, Telemetry } from "../../../contract/index.js";
import { convertBoot, type StoredBoot } from "../devices/boots.js";
import type { Device, DeviceSnapshot } from "../devices/devices.js";
import { textOf } from "../common/errors.js";
import type { StorageClock } from "../time/storage-clock.js";
import type { HistoryReading } from "../history/history.js";
import type { Point } from "../history/recent.js";
import type { ReadingsJournal } from "../ingest/readings-journal.js";
import type { CollectionWrite, StateStore } from "../storage/state.js";
import { MAX_UNWRITTEN_READINGS } from "./checks/stored.js";
import { slotOf } from "./ownership.js";

/**
 * The stored state of a device, which another server needs to adopt the device. Times are by the shared clock; null
 * means unknown.
 */
export type DeviceRecord = readonly [
  boots: readonly StoredBoot[] | null,
  light: number | null,
  seq: number | null,
  measuredAt: number,
  led_on: boolean | null,
  since: number,
  lastSeen: number,
  status: Status | null,
  unwritten: readonly StoredReading[],
];

/** A stored reading that this server may not have written to the history yet. */
export interface UnwrittenReading {
  /**
   * When the reading was taken, in ms by the shared clock. The time is fixed when the reading arrives, so every server
   * passes the same time to the history.
   */
  readonly time: number;
  readonly light: number;
  /** When the reading arrived, in ms by the monotonic clock. */
  readonly arrived: number;
}

/**
 * A reading that may be missing from the history, as stored in a device record: its light, and how many ms it precedes
 * the newest reading. The number 0 stands for the newest reading itself.
 */
export type StoredReading = 0 | readonly [before: number, light: number];

export function recordOf(device: Device, unwritten: readonly UnwrittenReading[], clock: StorageClock): DeviceRecord {
  const { boots, light, seq, measuredAt, led_on, lamp, lastSeen, status } = device;
  const toSharedTime = (time: number): number => clock.toWall(time);
  const sharedMeasuredAt = measuredAt && toSharedTime(measuredAt);
  const toStoredReading = ({ time, light: then }: UnwrittenReading): StoredReading =>
    time === sharedMeasuredAt && then === light ? 0 : [sharedMeasuredAt - time, then];
  return [
    boots?.toStoredBoots().map((boot) => convertBoot(boot, toSharedTime)) ?? null,
    light ?? null,
    seq ?? null,
    sharedMeasuredAt,
    led_on ?? null,
    lamp ? toSharedTime(lamp.since) : 0,
    lastSeen && toSharedTime(lastSeen),
    status ?? null,
    unwritten.map(toStoredReading),
  ];
}

/** Converts the switch time of a zone's lamp to the shared clock. */
export const toStoredLamp = ({ led_on, since }: Lamp, clock: StorageClock): Lamp => ({
  led_on,
  since: clock.toWall(since),
});

/** Returns the readings in a device record that may be missing from the history. */
export function unwrittenOf(record: DeviceRecord): HistoryReading[] {
  const [, light, , measuredAt, , , , , unwritten] = record;
  return unwritten.map((stored) =>
    stored === 0
      ? { time: measuredAt, light: light!, isDated: true }
      : { time: measuredAt - stored[0], light: stored[1], isDated: true },
  );
}

/** Converts a device record from another server to the argument of `Device.restore`. */
export function snapshotOf(record: DeviceRecord, clock: StorageClock): DeviceSnapshot {
  const [boots, light, seq, measuredAt, led_on, since, lastSeen, status] = record;
  const toOwnTime = (time: number): number => clock.fromWall(time);
  return {
    boots: boots && boots.map((boot) => convertBoot(boot, toOwnTime)),
    light: light ?? undefined,
    seq: seq ?? undefined,
    measuredAt: measuredAt && toOwnTime(measuredAt),
    lamp: led_on === null ? undefined : { led_on, since: toOwnTime(since) },
    lastSeen: lastSeen && toOwnTime(lastSeen),
    status: status ?? undefined,
  };
}

/** Returns the name of the Redis hash that stores the devices and zones of a slot. */
export const collectionOf = (slot: number): string => `slot:${slot}`;

/** Prefixes of field names in a Redis hash. A field name consists of a prefix and a device id or zone name. */
export const FIELD_PREFIX = { device: "d", override: "o", actions: "a", zone: "z", zoneOverride: "p" } as const;

/** How long changes are collected into a batch, in ms. Sending each change alone would cost more than storing it. */
const BATCH_INTERVAL = 20;

/**
 * How long writing a reading to the history may take, in ms. The next owner of a device adds readings that are younger
 * than this to the history again.
 */
const MAX_HISTORY_DELAY = 1000;

/** The delay before a failed write is repeated, in ms. */
const RETRY_INTERVAL = 250;

/**
 * Stores the state of devices in Redis for all servers. Acknowledges a reading only after its whole batch is stored. So
 * the next owner of a device knows every acknowledged reading.
 */
export class DeviceRecords implements ReadingsJournal {
  readonly #state: StateStore;
  readonly #clock: StorageClock;
  readonly #failed: (problem: string) => void;
  readonly #readingStored: (device: Device, reading: HistoryReading) => void;
  readonly #devices = new Set<Device>();
  /** For each device: recent readings that may be missing from the history. */
  readonly #unwritten = new WeakMap<Device, UnwrittenReading[]>();
  /** The readings in the next batch. */
  #readings: [device: Device, reading: HistoryReading][] = [];
  /** Other values in the next batch, by device or zone id and by field name. The value undefined deletes a field. */
  readonly #otherValues = new Map<string, Map<string, unknown>>();
  #lastWrite: Promise<void> = Promise.resolve();
  #pendingWrite: Promise<void> | undefined;
  #closing = false;

  /**
   * @param stored called with each reading when Redis has stored it
   * @param failed called with the error when a write fails, before the write is repeated
   */
  constructor(
    state: StateStore,
    stored: (device: Device, reading: HistoryReading) => void,
    failed: (problem: string) => void,
    clock: StorageClock,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#readingStored = stored;
    this.#failed = failed;
  }

  /** Adds a reading to the next batch. Resolves when Redis has stored the batch. */
  add(device: Device, { boot, seq }: Telemetry, now: number, _live: boolean, point: Point): Promise<void> {
    const { light } = point;
    const time = this.#clock.toWall(point.time);
    let latest = this.#unwritten.get(device);
    if (!latest) this.#unwritten.set(device, (latest = []));
    while (latest.length === MAX_UNWRITTEN_READINGS || now - latest[0]?.arrived >= MAX_HISTORY_DELAY) latest.shift();
    latest.push({ time, light, arrived: now });
    this.#readings.push([device, { time, light, boot, seq, isDated: true }]);
    this.#devices.add(device);
    return this.#scheduleWrite();
  }

  /** Always false, because readings wait in memory without a limit. */
  readonly isFull = false;

  /** Adds a device whose state has changed to the next batch. */
  storeDevice(device: Device): void {
    this.#devices.add(device);
    void this.#scheduleWrite();
  }

  /**
   * Adds a value of a device or zone to the next batch; undefined deletes the value. Resolves when the batch is stored.
   */
  put(id: string, key: string, value: unknown): Promise<void> {
    let values = this.#otherValues.get(id);
    if (!values) this.#otherValues.set(id, (values = new Map()));
    values.set(key, value);
    return this.#scheduleWrite();
  }

  /** Resolves when Redis has stored everything that was added before. */
  get whenStored(): Promise<void> {
    return this.#pendingWrite ?? this.#lastWrite;
  }

  async forget({ id }: Device): Promise<void> {
    await this.put(id, FIELD_PREFIX.device + id, undefined);
  }

  /** Writes all records that wait. If a write fails, it is not tried again. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.whenStored;
  }

  #scheduleWrite(): Promise<void> {
    return (this.#pendingWrite ??= this.#lastWrite = this.#write(this.#lastWrite));
  }

  async #write(before: Promise<void>): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, BATCH_INTERVAL));
    await before;
    this.#pendingWrite = undefined;
    const parts = new Map<number, SlotWrite>();
    const slotWriteOf = (id: string): SlotWrite => {
      const slot = slotOf(id);
      let part = parts.get(slot);
      if (!part) parts.set(slot, (part = { collection: collectionOf(slot), puts: [], deletes: [] }));
      return part;
    };
    for (const device of this.#devices)
      slotWriteOf(device.id).puts.push([
        FIELD_PREFIX.device + device.id,
        recordOf(device, this.#unwritten.get(device) ?? [], this.#clock),
      ]);
    const readings = this.#readings;
    this.#readings = [];
    for (const [id, values] of this.#otherValues)
      for (const [key, value] of values) {
        if (value === undefined) slotWriteOf(id).deletes.push(key);
        else slotWriteOf(id).puts.push([key, value]);
      }
    this.#devices.clear();
    this.#otherValues.clear();
    if (!(await this.#writeAll([...parts.values()]))) return;
    for (const [device, reading] of readings) this.#readingStored(device, reading);
  }

  /**
   * Writes a batch and repeats a failed write until it succeeds, because unstored readings must not be acknowledged.
   * Gives up only when the server stops, which no longer acknowledges anything. Returns whether the batch is stored.
   */
  async #writeAll(parts: readonly CollectionWrite[]): Promise<boolean> {
    for (let reported = false; ; reported = true) {
      try {
        await this.#state.write(parts);
        return true;
      } catch (error) {
        if (!reported) this.#failed(textOf(error));
        if (this.#closing) return false;
        await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL));
      }
    }
  }
}

/** The changes in a batch that belong to one slot. */
interface SlotWrite extends CollectionWrite {
  readonly puts: [key: string, value: unknown][];
  readonly deletes: string[];
}
