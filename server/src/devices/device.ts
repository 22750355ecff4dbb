import { topicOf, type Lamp, type Rule, type Status, type Telemetry } from "../../../contract/index.js";
import { clock } from "../time/monotonic-clock.js";
import { Boots, type PlacedReading, type StoredBoot } from "./boots.js";
import type { DeviceTable } from "./device-numbers.js";
import { DeviceRow, type DisplayedReading } from "./device-row.js";
import {
  DEFAULT_SETTINGS,
  type DeviceSettings,
  type DeviceSnapshot,
  type LampZone,
  type StatusChanges,
} from "./device-state.js";
import type { DeviceView } from "./device-view.js";
import { Gaps } from "./gaps.js";
import { AUTO, type Override } from "./override.js";
import { BOARD_REASON, personReason, ruleReason } from "./reason.js";

/** The size of the cache of command topics. Topics of all devices would need a fifth of the memory of a device. */
const CACHED_TOPICS = 1024;
const cachedIds: string[] = [];
const cachedTopics: string[] = [];

/** Everything that the server knows about one device. Only its own methods change its state. */
export class Device extends DeviceRow {
  #override: Override = AUTO;
  #settings = DEFAULT_SETTINGS;
  #status: Status | undefined;
  #boots: Boots | undefined;
  #gaps: Gaps | undefined;

  /** @param number a number that no other known device has */
  constructor(
    readonly id: string,
    readonly number = 0,
    page?: DeviceTable,
    row?: number,
  ) {
    super(page, row);
  }

  /** A person's override of the lamp. */
  get override(): Override {
    return this.#override;
  }
  /** What the device says about itself on `<id>/status`; undefined for a lesson device. */
  get status(): Status | undefined {
    return this.#status;
  }
  /** The boots of the device; undefined if it does not number its readings. */
  get boots(): Boots | undefined {
    return this.#boots;
  }
  /** Missing readings; undefined as long as none has ever been missing. */
  get gaps(): Gaps | undefined {
    return this.#gaps;
  }
  get label(): string | undefined {
    return this.#settings.label;
  }
  get zone(): LampZone | undefined {
    return this.#settings.zone;
  }
  get rule(): Rule {
    return this.#settings.rule;
  }
  get heartbeat(): number {
    return this.#settings.heartbeat;
  }

  get commandTopic(): string {
    const place = this.number % CACHED_TOPICS;
    if (cachedIds[place] === this.id) return cachedTopics[place];
    cachedIds[place] = this.id;
    return (cachedTopics[place] = topicOf(this.id, "commands"));
  }

  /** Applies what the policy says about the device. */
  configure(settings: DeviceSettings): void {
    this.#settings = settings;
  }

  setOverride(override: Override): void {
    this.#override = override;
  }

  /** A message has come from the device. Returns whether a lesson device is online again after it was offline. */
  heard(now: number): boolean {
    this.lastSeen = now;
    return !this.#status && this.setOnline(true, now);
  }

  /** Returns whether a lesson device goes offline because it has been silent for `silence` ms. */
  expire(now: number, silence: number): boolean {
    return !this.#status && this.online === true && now - this.lastSeen >= silence && this.setOnline(false, now);
  }

  /**
   * Finds a reading's place among the readings of the device and remembers its number, which reveals duplicates.
   * @param now when the reading arrived @param live whether it cannot have waited at a broker
   * @param before when it was sent at the latest
   */
  place(reading: Telemetry, now: number, live: boolean, before = now): PlacedReading {
    const { boot, seq, age = 0 } = reading;
    if (boot !== undefined && seq !== undefined) {
      const boots = this.obtainBoots();
      const placed = boots.place(boot, seq, reading, now, live);
      this.updateGaps(boots.gapCount, now);
      return placed;
    }
    const measuredAt = before - age;
    return { arrival: this.isOutdated(measuredAt, now) ? "late" : "newest", measuredAt, isTimeCertain: live };
  }

  /** Whether a newer reading is known. A newest reading in the future means that the clock was set back. */
  isOutdated(measuredAt: number, now: number): boolean {
    return measuredAt < this.measuredAt && this.measuredAt <= now;
  }

  /** Applies the newest reading. */
  accept(light: number, seq: number | undefined, measuredAt: number): void {
    this.light = light;
    this.seq = seq;
    this.measuredAt = measuredAt;
  }

  /** Records a decision, which does not switch the LED yet. */
  decided(lamp: Lamp | undefined): void {
    this.lamp = lamp;
  }

  /** Records a command that was sent. */
  wasCommanded(led_on: boolean): void {
    this.commanded = led_on;
  }

  /** Records how the LED is. Returns whether it was switched. */
  setLed(led_on: boolean): boolean {
    if (this.led_on === led_on) return false;
    this.led_on = led_on;
    return true;
  }

  setBlinking(blinking: boolean): void {
    this.blinking = blinking;
  }

  /** Applies a message on `<id>/status`. A retained one describes an earlier time. */
  applyStatus(status: Status, retained: boolean): StatusChanges {
    // A will contains nothing but `online`, so the other fields keep their values.
    this.#status = { ...this.#status, ...status };
    const isSwitched = status.led_on !== undefined && !this.blinking && this.setLed(status.led_on);
    const isChanged = this.setOnline(status.online, retained ? undefined : clock.now());
    return { isSwitched, online: isChanged ? status.online : undefined };
  }

  /** Continues where another server or an earlier run stopped. */
  restore({ boots, light, seq, measuredAt, lamp, lastSeen, status }: DeviceSnapshot): void {
    if (boots) {
      this.restoreBoots(boots);
      this.updateGaps(this.#boots!.gapCount, clock.now());
    }
    this.light = light;
    this.seq = seq;
    this.measuredAt = measuredAt;
    this.lastSeen = lastSeen;
    this.#status = status;
    this.online = status?.online;
    if (!lamp) return;
    this.led_on = lamp.led_on;
    this.commanded = lamp.led_on;
    this.lamp = lamp;
  }

  /** The boots of the device, which exist from its first numbered reading on. */
  obtainBoots(): Boots {
    return (this.#boots ??= new Boots(...this.bootNumbers));
  }

  restoreBoots(stored: readonly StoredBoot[]): void {
    this.obtainBoots().restore(stored);
  }

  /** Updates the number of readings of the latest boot that have not come. */
  updateGaps(gapCount: number, now: number): void {
    // Most devices never miss a reading and need no object for that.
    if (gapCount > 0 || this.#gaps) (this.#gaps ??= new Gaps()).update(gapCount, now);
  }

  override detach(): void {
    super.detach();
    this.#boots?.moveTo(...this.bootNumbers);
  }

  /** Why the lamp is on or off, in a sentence for people; null before the first decision. */
  get reason(): string | null {
    const { override, zone, lamp, light } = this;
    if (this.#status?.decided_by === "device") return BOARD_REASON;
    if (override.mode !== "auto") return personReason(override.mode, "the lamp");
    if (zone) return zone.reason && `zone ${zone.policy.name}: ${zone.reason}`;
    return lamp && light !== undefined ? ruleReason(this.rule, lamp, light) : null;
  }

  /** After a restart, an override also says how the lamp is. */
  override get displayed(): DisplayedReading {
    const { mode } = this.#override;
    const shown = super.displayed;
    return mode === "auto" || this.led_on !== undefined ? shown : { ...shown, led_on: mode === "on" };
  }

  view(): DeviceView {
    const { override } = this;
    const status = this.#status;
    const { light, led_on, time } = this.displayed;
    // After a restart, the time of the last reading tells people how old the light is.
    const isOld = this.light === undefined && time !== undefined;
    const seen = isOld ? time : this.lastSeen && clock.toWall(this.lastSeen);
    return {
      id: this.id,
      online: this.online === true,
      light: light ?? null,
      led_on: led_on ?? null,
      blinking: this.blinking,
      decided_by: status?.decided_by ?? "server",
      last_seen: seen ? isoDate(seen) : null,
      since: this.since === undefined ? null : isoDate(clock.toWall(this.since)),
      missing: this.#gaps?.missing ?? 0,
      dropped: status?.dropped ?? 0,
      mode: override.mode,
      until: override.until === undefined ? null : isoDate(clock.toWall(override.until)),
      reason: this.reason,
      label: this.label ?? this.id,
      zone: this.zone?.policy.name ?? null,
      threshold: this.rule.threshold,
      hysteresis: this.rule.hysteresis,
      heartbeat: this.heartbeat,
      ...(status?.board !== undefined && { board: status.board }),
      ...(status?.firmware !== undefined && { firmware: status.firmware }),
    };
  }

  /** Returns whether people should know: a device that appears is online anyway. @param now undefined if unknown */
  private setOnline(online: boolean, now: number | undefined): boolean {
    if (this.online === online) return false;
    const isFirst = this.online === undefined;
    this.online = online;
    this.since = now;
    return !isFirst || !online;
  }
}

/** @param time in ms since 1970 */
const isoDate = (time: number): string => new Date(time).toISOString();
