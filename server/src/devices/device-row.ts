import type { Lamp } from "../../../contract/index.js";
import {
  FLAGS,
  LAMP_CHANGED_AT,
  LAST_SEEN,
  LIGHT,
  OLDEST_SEGMENT,
  OLD_LIGHT,
  OLD_TIME,
  DeviceTable,
  HISTORY_NUMBER,
  SEQ,
  ONLINE_CHANGED_AT,
  MEASURED_AT,
  PUBLISHED_LAMP,
} from "./device-numbers.js";
import { clock } from "../time/monotonic-clock.js";

/** Positions of the flags in the column `FLAGS`, in bits. Each flag has two bits; the value 0 means unknown. */
const ONLINE = 0;
const LED_ON = 2;
const COMMANDED = 4;
const LAMP = 6;
const PUBLISH_QUEUED = 8;
const DETACHED = 10;
const BLINKING = 12;
const EARLIER_LAMP = 14;
const FALSE = 1;
const TRUE = 2;

/** Light and lamp state of a device for display. `time` is when the light was measured, in ms since 1970. */
export interface DisplayedReading {
  readonly light: number | undefined;
  readonly led_on: boolean | undefined;
  readonly time: number | undefined;
}

/**
 * Numeric fields and flags of one device, stored in a row of a `DeviceTable` to save memory. Only `Device` may change
 * the state of the device. Outputs, journal and history may change their own fields.
 */
export class DeviceRow {
  #page: DeviceTable;
  #at: number;

  constructor(page = new DeviceTable(1), row = 0) {
    this.#page = page;
    this.#at = page.resetRow(row);
  }

  /** Whether the device is online; undefined before its first message. */
  get online(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, ONLINE);
  }
  protected set online(online: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, ONLINE, online);
  }

  /** When the device last went online or offline, by the monotonic clock; undefined if before the server started. */
  get since(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + ONLINE_CHANGED_AT]);
  }
  protected set since(since: number | undefined) {
    this.#page.numbers[this.#at + ONLINE_CHANGED_AT] = since ?? NaN;
  }

  /** The light level of the newest reading, 0 to 1023; undefined before the first reading since the server started. */
  get light(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + LIGHT]);
  }
  protected set light(light: number | undefined) {
    this.#page.numbers[this.#at + LIGHT] = light ?? NaN;
  }

  /** The sequence number of the newest reading; undefined for a device without sequence numbers. */
  get seq(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + SEQ]);
  }
  protected set seq(seq: number | undefined) {
    this.#page.numbers[this.#at + SEQ] = seq ?? NaN;
  }

  /** When the newest reading was taken, by the monotonic clock; 0 before the first reading. */
  get measuredAt(): number {
    return this.#page.numbers[this.#at + MEASURED_AT];
  }
  protected set measuredAt(measuredAt: number) {
    this.#page.numbers[this.#at + MEASURED_AT] = measuredAt;
  }

  /** The last decision about the lamp, which the rule needs for hysteresis. */
  get lamp(): Lamp | undefined {
    const led_on = flagIn(this.#page.numbers, this.#at, LAMP);
    return led_on === undefined ? undefined : { led_on, since: this.#page.numbers[this.#at + LAMP_CHANGED_AT] };
  }
  protected set lamp(lamp: Lamp | undefined) {
    setFlagIn(this.#page.numbers, this.#at, LAMP, lamp?.led_on);
    if (lamp) this.#page.numbers[this.#at + LAMP_CHANGED_AT] = lamp.since;
  }

  /** Whether the LED is on, as far as the server knows. */
  get led_on(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, LED_ON);
  }
  protected set led_on(led_on: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, LED_ON, led_on);
  }

  /** Whether the last command turned the LED on; undefined if no command was sent since the server started. */
  get commanded(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, COMMANDED);
  }
  protected set commanded(commanded: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, COMMANDED, commanded);
  }

  /** When the last message of the device arrived, by the monotonic clock; 0 before the first message. */
  get lastSeen(): number {
    return this.#page.numbers[this.#at + LAST_SEEN];
  }
  protected set lastSeen(lastSeen: number) {
    this.#page.numbers[this.#at + LAST_SEEN] = lastSeen;
  }

  /** The state that `DecisionPublisher` published last, encoded as a number; NaN before the first publication. */
  get published(): number {
    return this.#page.numbers[this.#at + PUBLISHED_LAMP];
  }
  set published(published: number) {
    this.#page.numbers[this.#at + PUBLISHED_LAMP] = published;
  }

  /** Whether `DecisionPublisher` has queued the device for publishing. */
  get publishQueued(): boolean {
    return flagIn(this.#page.numbers, this.#at, PUBLISH_QUEUED) === true;
  }
  set publishQueued(publishQueued: boolean) {
    setFlagIn(this.#page.numbers, this.#at, PUBLISH_QUEUED, publishQueued);
  }

  /**
   * Light and lamp state to show to people. Until the first reading of this run, the values come from an earlier run.
   */
  get displayed(): DisplayedReading {
    const { numbers } = this.#page;
    const isOld = this.light === undefined;
    return {
      light: isOld ? numberOrUndefined(numbers[this.#at + OLD_LIGHT]) : this.light,
      led_on: this.led_on ?? flagIn(numbers, this.#at, EARLIER_LAMP),
      time: isOld ? numberOrUndefined(numbers[this.#at + OLD_TIME]) : clock.toWall(this.measuredAt),
    };
  }

  /**
   * Keeps a reading of an earlier run for display, unless the device already has a newer one.
   * @param time in ms since 1970
   * @param led_on the lamp after the reading; null if unknown
   */
  remember(time: number, light: number, led_on: boolean | null): void {
    const { numbers } = this.#page;
    if (numbers[this.#at + OLD_TIME] > time) return;
    numbers[this.#at + OLD_TIME] = time;
    numbers[this.#at + OLD_LIGHT] = light;
    if (led_on !== null) setFlagIn(numbers, this.#at, EARLIER_LAMP, led_on);
  }

  /**
   * Keeps the lamp state of an earlier run for display, unless a later reading already contained the lamp state.
   * @param time in ms since 1970
   */
  rememberLamp(time: number, led_on: boolean): void {
    const { numbers } = this.#page;
    const isKnown = flagIn(numbers, this.#at, EARLIER_LAMP) !== undefined;
    if (isKnown && numbers[this.#at + OLD_TIME] > time) return;
    setFlagIn(numbers, this.#at, EARLIER_LAMP, led_on);
  }

  /** Number of the oldest journal segment that contains records of the device; 0 if there is none. */
  get oldestSegment(): number {
    return this.#page.numbers[this.#at + OLDEST_SEGMENT];
  }
  set oldestSegment(logged: number) {
    this.#page.numbers[this.#at + OLDEST_SEGMENT] = logged;
  }

  /** The number of the device in the history, see `HistoryDevice`; 0 if the history has not assigned one. */
  get historyNumber(): number {
    return this.#page.numbers[this.#at + HISTORY_NUMBER];
  }
  set historyNumber(historyNumber: number) {
    this.#page.numbers[this.#at + HISTORY_NUMBER] = historyNumber;
  }

  /**
   * Whether the board blinks its LED because of an `identify` action. Status messages then do not count as lamp
   * switches.
   */
  get blinking(): boolean {
    return flagIn(this.#page.numbers, this.#at, BLINKING) === true;
  }
  protected set blinking(blinking: boolean) {
    setFlagIn(this.#page.numbers, this.#at, BLINKING, blinking);
  }

  /** The array that stores the latest boot, and the index of its first field. */
  protected get bootNumbers(): [numbers: Float64Array, at: number] {
    return [this.#page.boots, DeviceTable.bootIndexOf(this.#at)];
  }

  /** Moves the fields to a table of their own, because the registry reuses the row for another device. */
  detach(): void {
    this.#page = this.#page.copy(this.#at);
    this.#at = 0;
    setFlagIn(this.#page.numbers, 0, DETACHED, true);
  }

  /** Whether the registry has removed the device. */
  get detached(): boolean {
    return flagIn(this.#page.numbers, this.#at, DETACHED) === true;
  }
}

// Use functions instead of private methods, because a private method adds a hidden field to each of 100,000 objects.
function flagIn(numbers: Float64Array, at: number, place: number): boolean | undefined {
  const flag = (numbers[at + FLAGS] >> place) & 3;
  return flag === 0 ? undefined : flag === TRUE;
}

function setFlagIn(numbers: Float64Array, at: number, place: number, value: boolean | undefined): void {
  const others = numbers[at + FLAGS] & ~(3 << place);
  numbers[at + FLAGS] = others | ((value === undefined ? 0 : value ? TRUE : FALSE) << place);
}

const numberOrUndefined = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
