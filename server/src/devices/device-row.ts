import type { Lamp } from "../../../contract/index.js";
import {
  FLAGS_COLUMN,
  LAMP_CHANGED_COLUMN,
  LAST_SEEN_COLUMN,
  LIGHT_COLUMN,
  OLDEST_SEGMENT_COLUMN,
  OLD_LIGHT_COLUMN,
  OLD_TIME_COLUMN,
  DeviceTable,
  HISTORY_NUMBER_COLUMN,
  SEQ_COLUMN,
  ONLINE_CHANGED_COLUMN,
  MEASURED_AT_COLUMN,
  PUBLISHED_LAMP_COLUMN,
} from "./device-numbers.js";
import { clock } from "../time/monotonic-clock.js";

/** Positions of the flags in the column `FLAGS_COLUMN`, in bits. Each flag has two bits; the value 0 means unknown. */
const ONLINE_FLAG = 0;
const LED_ON_FLAG = 2;
const COMMANDED_FLAG = 4;
const LAMP_FLAG = 6;
const PUBLISH_QUEUED_FLAG = 8;
const DETACHED_FLAG = 10;
const BLINKING_FLAG = 12;
const EARLIER_LAMP_FLAG = 14;
const UNCONFIRMED_FLAG = 16;
const REPORTED_FLAG = 18;
const FLAG_FALSE = 1;
const FLAG_TRUE = 2;

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
    return readFlag(this.#page.numbers, this.#at, ONLINE_FLAG);
  }
  protected set online(online: boolean | undefined) {
    writeFlag(this.#page.numbers, this.#at, ONLINE_FLAG, online);
  }

  /**
   * When the device last went online or offline, by the monotonic clock; undefined if this happened before the server
   * started.
   */
  get since(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + ONLINE_CHANGED_COLUMN]);
  }
  protected set since(since: number | undefined) {
    this.#page.numbers[this.#at + ONLINE_CHANGED_COLUMN] = since ?? NaN;
  }

  /** The light level of the newest reading, 0 to 1023; undefined before the first reading since the server started. */
  get light(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + LIGHT_COLUMN]);
  }
  protected set light(light: number | undefined) {
    this.#page.numbers[this.#at + LIGHT_COLUMN] = light ?? NaN;
  }

  /** The sequence number of the newest reading; undefined for a device without sequence numbers. */
  get seq(): number | undefined {
    return numberOrUndefined(this.#page.numbers[this.#at + SEQ_COLUMN]);
  }
  protected set seq(seq: number | undefined) {
    this.#page.numbers[this.#at + SEQ_COLUMN] = seq ?? NaN;
  }

  /** When the newest reading was taken, by the monotonic clock; 0 before the first reading. */
  get measuredAt(): number {
    return this.#page.numbers[this.#at + MEASURED_AT_COLUMN];
  }
  protected set measuredAt(measuredAt: number) {
    this.#page.numbers[this.#at + MEASURED_AT_COLUMN] = measuredAt;
  }

  /** The last decision about the lamp, which the rule needs for hysteresis. */
  get lamp(): Lamp | undefined {
    const led_on = readFlag(this.#page.numbers, this.#at, LAMP_FLAG);
    return led_on === undefined ? undefined : { led_on, since: this.#page.numbers[this.#at + LAMP_CHANGED_COLUMN] };
  }
  protected set lamp(lamp: Lamp | undefined) {
    writeFlag(this.#page.numbers, this.#at, LAMP_FLAG, lamp?.led_on);
    if (lamp) this.#page.numbers[this.#at + LAMP_CHANGED_COLUMN] = lamp.since;
  }

  /** Whether the LED is on, as far as the server knows. */
  get led_on(): boolean | undefined {
    return readFlag(this.#page.numbers, this.#at, LED_ON_FLAG);
  }
  protected set led_on(led_on: boolean | undefined) {
    writeFlag(this.#page.numbers, this.#at, LED_ON_FLAG, led_on);
  }

  /** Whether the last command turned the LED on; undefined if no command was sent since the server started. */
  get commandedLed(): boolean | undefined {
    return readFlag(this.#page.numbers, this.#at, COMMANDED_FLAG);
  }
  protected set commandedLed(commanded: boolean | undefined) {
    writeFlag(this.#page.numbers, this.#at, COMMANDED_FLAG, commanded);
  }

  /** Whether the server has switched the LED and the board has not confirmed that in its status yet. */
  protected get isSwitchUnconfirmed(): boolean {
    return readFlag(this.#page.numbers, this.#at, UNCONFIRMED_FLAG) === true;
  }
  protected set isSwitchUnconfirmed(unconfirmed: boolean) {
    writeFlag(this.#page.numbers, this.#at, UNCONFIRMED_FLAG, unconfirmed);
  }

  /** Whether the LED was on at the newest reading; undefined if the reading does not say so. */
  get reportedLed(): boolean | undefined {
    return readFlag(this.#page.numbers, this.#at, REPORTED_FLAG);
  }
  protected set reportedLed(reported: boolean | undefined) {
    writeFlag(this.#page.numbers, this.#at, REPORTED_FLAG, reported);
  }

  /** When the last message of the device arrived, by the monotonic clock; 0 before the first message. */
  get lastSeen(): number {
    return this.#page.numbers[this.#at + LAST_SEEN_COLUMN];
  }
  protected set lastSeen(lastSeen: number) {
    this.#page.numbers[this.#at + LAST_SEEN_COLUMN] = lastSeen;
  }

  /** The state that `DecisionPublisher` published last, encoded as a number; NaN before the first publication. */
  get publishedState(): number {
    return this.#page.numbers[this.#at + PUBLISHED_LAMP_COLUMN];
  }
  set publishedState(published: number) {
    this.#page.numbers[this.#at + PUBLISHED_LAMP_COLUMN] = published;
  }

  /** Whether `DecisionPublisher` has queued the device for publishing. */
  get isPublishQueued(): boolean {
    return readFlag(this.#page.numbers, this.#at, PUBLISH_QUEUED_FLAG) === true;
  }
  set isPublishQueued(publishQueued: boolean) {
    writeFlag(this.#page.numbers, this.#at, PUBLISH_QUEUED_FLAG, publishQueued);
  }

  /**
   * Light and lamp state to show to people. Until the first reading of this run, the values come from an earlier run.
   */
  get displayedReading(): DisplayedReading {
    const { numbers } = this.#page;
    const isOld = this.light === undefined;
    return {
      light: isOld ? numberOrUndefined(numbers[this.#at + OLD_LIGHT_COLUMN]) : this.light,
      led_on: this.led_on ?? this.earlierLamp,
      time: isOld ? numberOrUndefined(numbers[this.#at + OLD_TIME_COLUMN]) : clock.toWall(this.measuredAt),
    };
  }

  /** The lamp state of an earlier run; undefined if it is unknown. */
  get earlierLamp(): boolean | undefined {
    return readFlag(this.#page.numbers, this.#at, EARLIER_LAMP_FLAG);
  }

  /**
   * Keeps a reading of an earlier run for display, unless the device already has a newer one.
   * @param time in ms since 1970
   * @param led_on the lamp after the reading; null if unknown
   */
  rememberReading(time: number, light: number, led_on: boolean | null): void {
    const { numbers } = this.#page;
    if (numbers[this.#at + OLD_TIME_COLUMN] > time) return;
    numbers[this.#at + OLD_TIME_COLUMN] = time;
    numbers[this.#at + OLD_LIGHT_COLUMN] = light;
    if (led_on !== null) writeFlag(numbers, this.#at, EARLIER_LAMP_FLAG, led_on);
  }

  /**
   * Keeps the lamp state of an earlier run for display, unless a later reading already contained the lamp state.
   * @param time in ms since 1970
   */
  rememberLamp(time: number, led_on: boolean): void {
    const { numbers } = this.#page;
    const isKnown = readFlag(numbers, this.#at, EARLIER_LAMP_FLAG) !== undefined;
    if (isKnown && numbers[this.#at + OLD_TIME_COLUMN] > time) return;
    writeFlag(numbers, this.#at, EARLIER_LAMP_FLAG, led_on);
  }

  /** Number of the oldest journal segment that contains records of the device; 0 if there is none. */
  get oldestSegment(): number {
    return this.#page.numbers[this.#at + OLDEST_SEGMENT_COLUMN];
  }
  set oldestSegment(logged: number) {
    this.#page.numbers[this.#at + OLDEST_SEGMENT_COLUMN] = logged;
  }

  /** The number of the device in the history, see `HistoryDevice`; 0 if the history has not assigned one. */
  get historyNumber(): number {
    return this.#page.numbers[this.#at + HISTORY_NUMBER_COLUMN];
  }
  set historyNumber(historyNumber: number) {
    this.#page.numbers[this.#at + HISTORY_NUMBER_COLUMN] = historyNumber;
  }

  /**
   * Whether the board blinks its LED because of an `identify` action. Status messages then do not count as lamp
   * switches.
   */
  get isBlinking(): boolean {
    return readFlag(this.#page.numbers, this.#at, BLINKING_FLAG) === true;
  }
  protected set isBlinking(blinking: boolean) {
    writeFlag(this.#page.numbers, this.#at, BLINKING_FLAG, blinking);
  }

  /** The array that stores the latest boot, and the index of its first field. */
  protected get bootNumbers(): [numbers: Float64Array, at: number] {
    return [this.#page.boots, DeviceTable.bootIndexOf(this.#at)];
  }

  /** Moves the fields to a table of their own, because the registry reuses the row for another device. */
  detach(): void {
    this.#page = this.#page.copy(this.#at);
    this.#at = 0;
    writeFlag(this.#page.numbers, 0, DETACHED_FLAG, true);
  }

  /** Whether the registry has removed the device. */
  get isDetached(): boolean {
    return readFlag(this.#page.numbers, this.#at, DETACHED_FLAG) === true;
  }
}

// Use functions instead of private methods, because a private method adds a hidden field to each of 100,000 objects.
function readFlag(numbers: Float64Array, at: number, place: number): boolean | undefined {
  const flag = (numbers[at + FLAGS_COLUMN] >> place) & 3;
  return flag === 0 ? undefined : flag === FLAG_TRUE;
}

function writeFlag(numbers: Float64Array, at: number, place: number, value: boolean | undefined): void {
  const others = numbers[at + FLAGS_COLUMN] & ~(3 << place);
  numbers[at + FLAGS_COLUMN] = others | ((value === undefined ? 0 : value ? FLAG_TRUE : FLAG_FALSE) << place);
}

const numberOrUndefined = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
