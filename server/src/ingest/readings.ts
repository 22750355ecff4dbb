import { TELEMETRY, type Telemetry } from "../../../contract/index.js";
import type { Device, Devices } from "../devices/devices.js";
import type { RecentReadings } from "../history/recent.js";
import type { Counters } from "../observability/counters.js";
import type { DecisionTimes } from "../observability/decision-times.js";
import type { Log } from "../observability/log.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import { OLD_READING_AGE, type Lamps } from "../outputs/lamps.js";
import type { Notifier } from "../outputs/notifier.js";
import { clock } from "../time/monotonic-clock.js";
import type { Decoder } from "./decoder.js";
import type { Delivery } from "./delivery.js";
import type { LateSwitches } from "./late-switches.js";
import type { ReadingsJournal } from "./readings-journal.js";

export interface ReadingsOptions {
  readonly decoder: Decoder;
  readonly devices: Devices;
  readonly lamps: Lamps;
  readonly lateSwitches: LateSwitches;
  readonly journal: ReadingsJournal;
  readonly recent: RecentReadings;
  readonly notifier: Notifier;
  readonly counters: Counters;
  readonly decisionTimes: DecisionTimes;
  readonly rejects: RejectionLog;
  readonly log: Log;
}

/** Rejected promise for a message that is not acknowledged, so that the broker delivers it again. */
const REFUSAL: Promise<never> = Promise.reject(new Error("too many readings wait to be stored"));
REFUSAL.catch(() => {});

/** Pipeline that processes readings: decode, deduplicate, update the device, decide, publish, store, notify. */
export class Readings {
  readonly #options: ReadingsOptions;

  constructor(options: ReadingsOptions) {
    this.#options = options;
  }

  /**
   * Returns the device with an id; adds the device if it is unknown.
   * @param now time of a live message from the device; undefined if the message may be old
   * @returns undefined if there are too many devices
   */
  getOrAddDevice(id: string, now?: number): Device | undefined {
    const { devices, notifier, rejects } = this.#options;
    const known = devices.get(id);
    const device = known ?? devices.obtain(id);
    if (!device) rejects.add("too-many-devices", "new devices", `there are ${devices.size} devices already`);
    else if (!known) notifier.deviceChanged(device, "appeared");
    if (now !== undefined && device?.recordMessage(now)) notifier.deviceChanged(device, "online");
    return device;
  }

  /**
   * Processes the payload of a reading.
   * @returns a promise that resolves when the reading is stored, and rejects if the reading must be delivered again;
   * undefined if the reading has no effect
   */
  handleTelemetry(id: string, payload: Buffer, delivery?: Delivery): Promise<void> | undefined {
    const { decoder, lamps, lateSwitches, journal, recent, notifier, decisionTimes } = this.#options;
    const begin = performance.now();

    const reading = decoder.decode(TELEMETRY, id, "telemetry", payload);
    if (!reading) return undefined;
    const now = delivery?.now ?? clock.now();
    const live = delivery?.live ?? !lamps.isCatchingUp;
    const device = this.getOrAddDevice(id, now);
    if (!device) return undefined;
    if (journal.isFull) return this.#refuse(device, reading, now, live);

    // `placeReading` recognizes a reading that was delivered before.
    const { arrival, measuredAt, isTimeCertain } = device.placeReading(reading, now, live, delivery?.before);
    if (arrival === "duplicate") return this.#ignore(device, reading);
    const isLate = arrival === "late" || !isTimeCertain || now - measuredAt > OLD_READING_AGE;
    lateSwitches.add(device, reading, measuredAt, isLate);

    if (arrival === "newest") {
      // Only the newest reading changes the state of the device and its lamp.
      const { light, boot, seq, led_on } = reading;
      device.acceptReading(light, boot === undefined ? undefined : seq, measuredAt, led_on);
      lamps.followReading(device, measuredAt, isTimeCertain, now);
      decisionTimes.add(performance.now() - begin);
    }

    // Older readings are recorded as well, because they fill gaps in the history.
    const isCurrent = !isLate || (arrival === "newest" && reading.led_on === undefined);
    const led_on = (isCurrent ? device.led_on : reading.led_on) ?? null;
    const point = { time: measuredAt, light: reading.light, led_on };
    recent.add(id, point);
    const stored = journal.add(device, reading, now, live, point);

    notifier.deviceReported(device);
    return stored;
  }

  /** Switches the lamp by a reading that cannot be stored, and returns a rejection, so that the broker redelivers the reading. */
  #refuse(device: Device, { light, seq, age = 0 }: Telemetry, now: number, live: boolean): Promise<never> {
    this.#options.counters.refused++;
    const measuredAt = now - age;
    if (!device.isOutdated(measuredAt, now)) {
      device.acceptReading(light, seq, measuredAt);
      this.#options.lamps.followReading(device, measuredAt, live, now);
    }
    return REFUSAL;
  }

  /** Counts a duplicate reading. Resolves, so that the duplicate is acknowledged, when the first delivery is stored. */
  #ignore({ id }: Device, reading: Telemetry): Promise<void> {
    const { counters, log, journal } = this.#options;
    counters.duplicates++;
    log.frequent("duplicate", () => `${id} had delivered that before`, { id, message: reading });
    return journal.whenStored;
  }
}
