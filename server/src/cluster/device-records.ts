import type { Lamp, Status, Telemetry } from "../../../contract/index.js";
import { convertBoot, type StoredBoot } from "../devices/boots.js";
import type { Device } from "../devices/devices.js";
import { textOf } from "../common/errors.js";
import type { StorageClock } from "../time/storage-clock.js";
import type { HistoryReading } from "../history/history.js";
import type { Point } from "../history/recent.js";
import type { CollectionWrite, StateStore } from "../storage/state.js";
import { MOST_UNWRITTEN } from "./checks/stored.js";
import { slotOf } from "./ownership.js";

/** What another server must know of a device to go on with it. Times by the shared clock; null for what is not known. */
export type DeviceRecord = readonly [
  boots: readonly StoredBoot[] | null,
  light: number | null,
  seq: number | null,
  taken: number,
  led_on: boolean | null,
  since: number,
  lastSeen: number,
  status: Status | null,
  unwritten: readonly StoredReading[],
];

/** A reading that the history may not have written yet. */
export interface Unwritten {
  /** By the shared clock, as it was when the reading arrived: whichever server tells the history, it is the same. */
  readonly time: number;
  readonly light: number;
  /** When it arrived, by the monotonic clock. */
  readonly arrived: number;
}

/** How it is stored: how long before the device's newest reading; 0 is that itself, as nearly all are. */
export type StoredReading = 0 | readonly [before: number, light: number];

export function recordOf(device: Device, unwritten: readonly Unwritten[], clock: StorageClock): DeviceRecord {
  const { boots, light, seq, taken, led_on, lamp, lastSeen, status } = device;
  const shared = (time: number): number => clock.toWall(time);
  const sharedTaken = taken && shared(taken);
  const stored = ({ time, light: then }: Unwritten): StoredReading =>
    time === sharedTaken && then === light ? 0 : [sharedTaken - time, then];
  return [
    boots?.store().map((boot) => convertBoot(boot, shared)) ?? null,
    light ?? null,
    seq ?? null,
    sharedTaken,
    led_on ?? null,
    lamp ? shared(lamp.since) : 0,
    lastSeen && shared(lastSeen),
    status ?? null,
    unwritten.map(stored),
  ];
}

/** A zone's lamp as it is stored, with its time by the shared clock. */
export const storedLamp = ({ led_on, since }: Lamp, clock: StorageClock): Lamp => ({
  led_on,
  since: clock.toWall(since),
});

/** The readings of a record that are to be told to the history, dated as their server dated them. */
export function unwrittenOf(record: DeviceRecord): HistoryReading[] {
  const [, light, , taken, , , , , unwritten] = record;
  return unwritten.map((stored) =>
    stored === 0
      ? { time: taken, light: light!, isDated: true }
      : { time: taken - stored[0], light: stored[1], isDated: true },
  );
}

/** Makes a new device what it was to the server that had it; nobody is told. */
export function restore(device: Device, record: DeviceRecord, clock: StorageClock): void {
  const [boots, light, seq, taken, led_on, since, lastSeen, status] = record;
  const own = (time: number): number => clock.fromWall(time);
  if (boots) {
    device.restoreBoots(boots.map((boot) => convertBoot(boot, own)));
    device.missed(device.boots!.holes, clock.now());
  }
  Object.assign(device, {
    light: light ?? undefined,
    seq: seq ?? undefined,
    taken: taken && own(taken),
    lastSeen: lastSeen && own(lastSeen),
    status: status ?? undefined,
  });
  if (led_on !== null) Object.assign(device, { led_on, commanded: led_on, lamp: { led_on, since: own(since) } });
  device.online = status?.online;
}

/** The name of the shelf on which a part's devices and zones are. */
export const shelfOf = (slot: number): string => `slot:${slot}`;

/** What is stored of devices and zones, by its kind: the key of each is the kind and then the id or the name. */
export const KIND = { device: "d", override: "o", actions: "a", zone: "z", zoneOverride: "p" } as const;

/** Batches gather for so long, in ms: one by one they would cost more on their way than to store. */
const GATHER = 20;

/** The history writes within a second: who takes up a device tells it once more of what came in so many ms before. */
const WRITES = 1000;

/** Between two attempts, in ms. */
const RETRY = 250;

/**
 * Remembers devices where all servers find them. Everything of one batch is stored before any of its readings is
 * acknowledged; which server comes next, it has heard of all that need not come again.
 */
export class Records {
  readonly #state: StateStore;
  readonly #clock: StorageClock;
  readonly #failed: (problem: string) => void;
  readonly #stored: (device: Device, reading: HistoryReading) => void;
  readonly #devices = new Set<Device>();
  /** Of each device the readings that the history may not have written yet. */
  readonly #latest = new WeakMap<Device, Unwritten[]>();
  /** Readings of the batch that has not begun. */
  #readings: [device: Device, reading: HistoryReading][] = [];
  /** By the id of a device or a zone whose part it is, and by key; undefined: it is deleted. */
  readonly #others = new Map<string, Map<string, unknown>>();
  #last: Promise<void> = Promise.resolve();
  #open: Promise<void> | undefined;
  #closing = false;

  /** @param stored told of each reading once it is stored: nobody is to have it before */
  constructor(
    state: StateStore,
    stored: (device: Device, reading: HistoryReading) => void,
    failed: (problem: string) => void,
    clock: StorageClock,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#stored = stored;
    this.#failed = failed;
  }

  /** A reading has come; fulfilled when it is stored. */
  add(device: Device, { boot, seq }: Telemetry, now: number, _live: boolean, point: Point): Promise<void> {
    const { light } = point;
    const time = this.#clock.toWall(point.time);
    let latest = this.#latest.get(device);
    if (!latest) this.#latest.set(device, (latest = []));
    while (latest.length === MOST_UNWRITTEN || now - latest[0]?.arrived >= WRITES) latest.shift();
    latest.push({ time, light, arrived: now });
    this.#readings.push([device, { time, light, boot, seq, isDated: true }]);
    this.#devices.add(device);
    return this.#commit();
  }

  /** Something else of the device has changed. */
  touch(device: Device): void {
    this.#devices.add(device);
    void this.#commit();
  }

  /** Something else of a device or a zone; undefined deletes it. Fulfilled when that is stored. */
  put(id: string, key: string, value: unknown): Promise<void> {
    let values = this.#others.get(id);
    if (!values) this.#others.set(id, (values = new Map()));
    values.set(key, value);
    return this.#commit();
  }

  /** Fulfilled when all that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#open ?? this.#last;
  }

  async forget({ id }: Device): Promise<void> {
    await this.put(id, KIND.device + id, undefined);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.stored;
  }

  #commit(): Promise<void> {
    return (this.#open ??= this.#last = this.#write(this.#last));
  }

  async #write(before: Promise<void>): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER));
    await before;
    this.#open = undefined;
    const parts = new Map<number, Writing>();
    const partOf = (id: string): Writing => {
      const slot = slotOf(id);
      let part = parts.get(slot);
      if (!part) parts.set(slot, (part = { collection: shelfOf(slot), puts: [], deletes: [] }));
      return part;
    };
    for (const device of this.#devices)
      partOf(device.id).puts.push([
        KIND.device + device.id,
        recordOf(device, this.#latest.get(device) ?? [], this.#clock),
      ]);
    const readings = this.#readings;
    this.#readings = [];
    for (const [id, values] of this.#others)
      for (const [key, value] of values) {
        if (value === undefined) partOf(id).deletes.push(key);
        else partOf(id).puts.push([key, value]);
      }
    this.#devices.clear();
    this.#others.clear();
    await this.#writeAll([...parts.values()]);
    for (const [device, reading] of readings) this.#stored(device, reading);
  }

  /** Until it is done: what is not stored must not be acknowledged. */
  async #writeAll(parts: readonly CollectionWrite[]): Promise<void> {
    for (let told = false; ; told = true) {
      try {
        return await this.#state.write(parts);
      } catch (error) {
        if (!told) this.#failed(textOf(error));
        if (this.#closing) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }
}

/** What is written of one part at once. */
interface Writing extends CollectionWrite {
  readonly puts: [key: string, value: unknown][];
  readonly deletes: string[];
}
