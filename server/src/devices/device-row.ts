import type { Lamp } from "../../../contract/index.js";
import {
  FLAGS,
  LAMP_SINCE,
  LAST_SEEN,
  LIGHT,
  LOGGED,
  OLD_LIGHT,
  OLD_TIME,
  Page,
  HISTORY_NUMBER,
  SEQ,
  SINCE,
  TAKEN,
  TOLD,
} from "./device-numbers.js";
import { clock } from "../time/monotonic-clock.js";

/** The places of flags, and what is there: nothing while it is not known. */
const ONLINE = 0;
const LED_ON = 2;
const COMMANDED = 4;
const LAMP = 6;
const TELLING = 8;
const PARTED = 10;
const BLINKING = 12;
const OLD_LAMP = 14;
const FALSE = 1;
const TRUE = 2;

/** A device's light and lamp, and when the light was measured, in ms since 1970 by the wall clock. Undefined: unknown. */
export interface Shown {
  readonly light: number | undefined;
  readonly led_on: boolean | undefined;
  readonly time: number | undefined;
}

/** What is known of a device in numbers and flags, which are in a row of a `Page`. */
export class DeviceRow {
  #page: Page;
  #at: number;

  constructor(page = new Page(1), row = 0) {
    this.#page = page;
    this.#at = page.begin(row);
  }

  /** Undefined until it is heard for the first time. */
  get online(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, ONLINE);
  }
  set online(online: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, ONLINE, online);
  }

  /** Since when, in ms since 1970; undefined when that was before the server started. */
  get since(): number | undefined {
    return there(this.#page.numbers[this.#at + SINCE]);
  }
  set since(since: number | undefined) {
    this.#page.numbers[this.#at + SINCE] = since ?? NaN;
  }

  get light(): number | undefined {
    return there(this.#page.numbers[this.#at + LIGHT]);
  }
  set light(light: number | undefined) {
    this.#page.numbers[this.#at + LIGHT] = light ?? NaN;
  }

  /** The `seq` of the newest reading; undefined for a lesson device. */
  get seq(): number | undefined {
    return there(this.#page.numbers[this.#at + SEQ]);
  }
  set seq(seq: number | undefined) {
    this.#page.numbers[this.#at + SEQ] = seq ?? NaN;
  }

  /** When the newest reading was taken, in ms since 1970. */
  get taken(): number {
    return this.#page.numbers[this.#at + TAKEN];
  }
  set taken(taken: number) {
    this.#page.numbers[this.#at + TAKEN] = taken;
  }

  /** What was decided last: the rule's previous state. */
  get lamp(): Lamp | undefined {
    const led_on = flagIn(this.#page.numbers, this.#at, LAMP);
    return led_on === undefined ? undefined : { led_on, since: this.#page.numbers[this.#at + LAMP_SINCE] };
  }
  set lamp(lamp: Lamp | undefined) {
    setFlagIn(this.#page.numbers, this.#at, LAMP, lamp?.led_on);
    if (lamp) this.#page.numbers[this.#at + LAMP_SINCE] = lamp.since;
  }

  /** The lamp as it is, as far as is known. */
  get led_on(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, LED_ON);
  }
  set led_on(led_on: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, LED_ON, led_on);
  }

  /** What its lamp was commanded last; undefined when not since the server started. */
  get commanded(): boolean | undefined {
    return flagIn(this.#page.numbers, this.#at, COMMANDED);
  }
  set commanded(commanded: boolean | undefined) {
    setFlagIn(this.#page.numbers, this.#at, COMMANDED, commanded);
  }

  get lastSeen(): number {
    return this.#page.numbers[this.#at + LAST_SEEN];
  }
  set lastSeen(lastSeen: number) {
    this.#page.numbers[this.#at + LAST_SEEN] = lastSeen;
  }

  /** What apps were told of it last, see `Announcer`; NaN when nothing was. */
  get told(): number {
    return this.#page.numbers[this.#at + TOLD];
  }
  set told(told: number) {
    this.#page.numbers[this.#at + TOLD] = told;
  }

  /** Whether apps are to be told of a switch, see `Announcer`. */
  get telling(): boolean {
    return flagIn(this.#page.numbers, this.#at, TELLING) === true;
  }
  set telling(telling: boolean) {
    setFlagIn(this.#page.numbers, this.#at, TELLING, telling);
  }

  /** Light and lamp as people are shown them: those of an earlier run until there are newer ones. `time` is the light's. */
  get shown(): Shown {
    const { numbers } = this.#page;
    const isOld = this.light === undefined;
    return {
      light: isOld ? there(numbers[this.#at + OLD_LIGHT]) : this.light,
      led_on: this.led_on ?? flagIn(numbers, this.#at, OLD_LAMP),
      time: isOld ? there(numbers[this.#at + OLD_TIME]) : clock.toWall(this.taken),
    };
  }

  /**
   * A reading of an earlier run is to be shown, unless a newer one is.
   * @param time in ms since 1970
   * @param led_on the lamp after it; null when unknown
   */
  remember(time: number, light: number, led_on: boolean | null): void {
    const { numbers } = this.#page;
    if (numbers[this.#at + OLD_TIME] > time) return;
    numbers[this.#at + OLD_TIME] = time;
    numbers[this.#at + OLD_LIGHT] = light;
    if (led_on !== null) setFlagIn(numbers, this.#at, OLD_LAMP, led_on);
  }

  /** The lamp of an earlier run is to be shown, unless a later reading says how it was. @param time in ms since 1970 */
  rememberLamp(time: number, led_on: boolean): void {
    const { numbers } = this.#page;
    const isKnown = flagIn(numbers, this.#at, OLD_LAMP) !== undefined;
    if (isKnown && numbers[this.#at + OLD_TIME] > time) return;
    setFlagIn(numbers, this.#at, OLD_LAMP, led_on);
  }

  /** From which segment of the journal on it is needed; 0 when nothing of it is there. */
  get logged(): number {
    return this.#page.numbers[this.#at + LOGGED];
  }
  set logged(logged: number) {
    this.#page.numbers[this.#at + LOGGED] = logged;
  }

  /** The device's number in the write buffer of the history, see `HistoryDevice`; 0 before the first write. */
  get historyNumber(): number {
    return this.#page.numbers[this.#at + HISTORY_NUMBER];
  }
  set historyNumber(historyNumber: number) {
    this.#page.numbers[this.#at + HISTORY_NUMBER] = historyNumber;
  }

  /** Whether it blinks because somebody asked where it is: what it tells of its lamp meanwhile is no switch. */
  get blinking(): boolean {
    return flagIn(this.#page.numbers, this.#at, BLINKING) === true;
  }
  set blinking(blinking: boolean) {
    setFlagIn(this.#page.numbers, this.#at, BLINKING, blinking);
  }

  /** Where the numbers of its latest boot are. */
  protected get bootNumbers(): [numbers: Float64Array, at: number] {
    return [this.#page.boots, Page.bootsAt(this.#at)];
  }

  /** Its row becomes another device's: whoever still has this one finds what it was. */
  part(): void {
    this.#page = this.#page.copy(this.#at);
    this.#at = 0;
    setFlagIn(this.#page.numbers, 0, PARTED, true);
  }

  /** Whether it is no longer among those that are known. */
  get parted(): boolean {
    return flagIn(this.#page.numbers, this.#at, PARTED) === true;
  }
}

// not methods: those that are private take a field of every object
function flagIn(numbers: Float64Array, at: number, place: number): boolean | undefined {
  const flag = (numbers[at + FLAGS] >> place) & 3;
  return flag === 0 ? undefined : flag === TRUE;
}

function setFlagIn(numbers: Float64Array, at: number, place: number, value: boolean | undefined): void {
  const others = numbers[at + FLAGS] & ~(3 << place);
  numbers[at + FLAGS] = others | ((value === undefined ? 0 : value ? TRUE : FALSE) << place);
}

const there = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
