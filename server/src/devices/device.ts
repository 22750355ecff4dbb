import { topicOf, type Lamp, type Rule, type Status, type Telemetry } from "../../../contract/index.js";
import { clock } from "../time/monotonic-clock.js";
import { Boots, type PlacedReading, type StoredBoot } from "./boots.js";
import type { DeviceTable } from "./device-numbers.js";
import { DeviceRow, type DisplayedReading } from "./device-row.js";
import {
  DEFAULT_DEVICE_SETTINGS,
  hasSameView,
  type DeviceSettings,
  type DeviceSnapshot,
  type LampZone,
  type StatusChanges,
} from "./device-state.js";
import { Gaps } from "./gaps.js";
import { NO_OVERRIDE, type Override } from "./override.js";
import type { DeviceUpdateView } from "./update-view.js";

/** Number of command topics in the cache. Without a cache, each device would need a fifth more memory for its topic. */
const TOPIC_CACHE_SIZE = 1024;
const cachedIds: string[] = [];
const cachedTopics: string[] = [];

/** The state of one device. Only the methods of this class change it. */
export class Device extends DeviceRow {
  #override: Override = NO_OVERRIDE;
  #settings = DEFAULT_DEVICE_SETTINGS;
  #status: Status | undefined;
  #boots: Boots | undefined;
  #gaps: Gaps | undefined;
  #update: DeviceUpdateView | undefined;

  /** @param number selects the row of the device; no other device may have this number */
  constructor(
    readonly id: string,
    readonly number = 0,
    page?: DeviceTable,
    row?: number,
  ) {
    super(page, row);
  }

  /** The program update of the device; undefined if there is none and the server has no program for it. */
  get update(): DeviceUpdateView | undefined {
    return this.#update;
  }
  /** A person's override of the lamp. */
  get override(): Override {
    return this.#override;
  }
  /** The fields of all messages on `<id>/status`; undefined for a device without status messages. */
  get status(): Status | undefined {
    return this.#status;
  }
  /** The boots of the device; undefined if the device sends no sequence numbers. */
  get boots(): Boots | undefined {
    return this.#boots;
  }
  /** The count of missing readings; undefined if no reading has ever been missing. */
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

  get revision(): number | undefined {
    return this.#settings.revision;
  }

  get commandTopic(): string {
    const place = this.number % TOPIC_CACHE_SIZE;
    if (cachedIds[place] === this.id) return cachedTopics[place];
    cachedIds[place] = this.id;
    return (cachedTopics[place] = topicOf(this.id, "commands"));
  }

  /** Applies the settings that the policy contains for the device. Returns whether the view of the device changes. */
  configure(settings: DeviceSettings): boolean {
    const before = this.#settings;
    this.#settings = settings;
    return !hasSameView(before, settings);
  }

  setOverride(override: Override): void {
    this.#override = override;
  }

  /**
   * Records that a message has arrived. A device without status messages then counts as online.
   * @returns whether a device without status messages was offline until now
   */
  recordMessage(now: number): boolean {
    this.lastSeen = now;
    return !this.#status && this.setOnline(true, now);
  }

  /**
   * Marks a device without status messages as offline when it has been silent for `silence` ms.
   * @returns whether the device has gone offline
   */
  expireIfSilent(now: number, silence: number): boolean {
    return !this.#status && this.online === true && now - this.lastSeen >= silence && this.setOnline(false, now);
  }

  /**
   * Determines the order and the time of a reading, and records its sequence number to detect duplicates.
   * @param now when the reading arrived
   * @param live whether the reading cannot have waited at a broker
   * @param before the latest time at which the device can have sent the reading
   */
  placeReading(reading: Telemetry, now: number, live: boolean, before = now): PlacedReading {
    const { boot, seq, age = 0 } = reading;
    if (boot !== undefined && seq !== undefined) {
      const boots = this.obtainBoots();
      const placed = boots.placeReading(boot, seq, reading, now, live);
      this.updateGaps(boots.gapCount, now);
      return placed;
    }
    const measuredAt = before - age;
    return { arrival: this.isOutdated(measuredAt, now) ? "late" : "newest", measuredAt, isTimeCertain: live };
  }

  /**
   * Returns whether the device already has a newer reading. Ignores a stored reading in the future, which shows that
   * the clock was set back.
   * @param measuredAt when the reading was taken
   */
  isOutdated(measuredAt: number, now: number): boolean {
    return measuredAt < this.measuredAt && this.measuredAt <= now;
  }

  /** Stores the newest reading. @param led_on the LED's state that the reading reports; undefined if unknown */
  acceptReading(light: number, seq: number | undefined, measuredAt: number, led_on?: boolean): void {
    this.reportedLed = led_on === undefined ? undefined : this.correctLed(led_on);
    this.light = light;
    this.seq = seq;
    this.measuredAt = measuredAt;
  }

  /** Records a decision about the lamp. The command that switches the LED follows later. */
  recordDecision(lamp: Lamp | undefined): void {
    this.lamp = lamp;
  }

  recordUpdate(update: DeviceUpdateView | undefined): void {
    this.#update = update;
  }

  /** Records that a command was sent to the device. */
  recordCommand(led_on: boolean): void {
    this.commandedLed = led_on;
  }

  /**
   * Records whether the LED is on.
   * @param isReported whether the board has reported it; otherwise the board may not have received the command yet
   * @returns whether the LED has been switched
   */
  setLed(led_on: boolean, isReported = false): boolean {
    if (this.led_on === led_on) return false;
    this.led_on = led_on;
    this.isSwitchUnconfirmed = !isReported;
    return true;
  }

  /**
   * Whether the board has reported another state of its lamp than the server has decided. Before the first decision, the
   * state of an earlier run counts, or else a lamp that is off.
   */
  get hasOtherLampState(): boolean {
    const { lamp, led_on } = this;
    return led_on !== undefined && led_on !== (lamp?.led_on ?? this.earlierLamp ?? false);
  }

  /**
   * Returns the state of the LED that counts when a reading reports one. A board that has not received the last command
   * yet still reports the old state.
   */
  correctLed(led_on: boolean): boolean {
    return this.#mayPrecedeCommand(led_on) ? !led_on : led_on;
  }

  /** Whether the board may have reported this state of its LED before it received the last command. */
  #mayPrecedeCommand(led_on: boolean): boolean {
    return this.isSwitchUnconfirmed && led_on !== this.led_on;
  }

  setBlinking(blinking: boolean): void {
    this.isBlinking = blinking;
  }

  /**
   * Applies a message on `<id>/status`.
   * @param retained whether the broker had stored the message, so that the time of the change is unknown
   */
  applyStatus(status: Status, retained: boolean): StatusChanges {
    // A will contains only `online`, so all other fields keep their values.
    const wasUpdating = this.#status?.updating === true;
    this.#status = { ...this.#status, ...status };
    if (wasUpdating && !status.updating) this.#status = { ...this.#status, updating: false };
    const lamp = this.#applyLampState(status);
    const isChanged = this.setOnline(status.online, retained ? undefined : clock.now());
    return { lamp, online: isChanged ? status.online : undefined };
  }

  #applyLampState({ led_on, decided_by }: Status): StatusChanges["lamp"] {
    if (led_on === undefined || this.isBlinking) return undefined;
    if (this.#mayPrecedeCommand(led_on) && decided_by !== "device") return undefined;
    this.isSwitchUnconfirmed = false;
    const before = this.led_on ?? this.earlierLamp ?? false;
    if (!this.setLed(led_on, true)) return undefined;
    return before === led_on ? "lamp-known" : "switched";
  }

  /** Restores the state that another server or an earlier run has stored. */
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
    this.commandedLed = lamp.led_on;
    this.lamp = lamp;
  }

  /** Returns the boots of the device. Creates the object at the first reading with a sequence number. */
  obtainBoots(): Boots {
    return (this.#boots ??= new Boots(...this.bootNumbers));
  }

  restoreBoots(stored: readonly StoredBoot[]): void {
    this.obtainBoots().restore(stored);
  }

  /**
   * Updates the count of missing readings.
   * @param gapCount how many sequence numbers of the latest boot have not arrived
   */
  updateGaps(gapCount: number, now: number): void {
    // Most devices never miss a reading, so create the object only when necessary.
    if (gapCount > 0 || this.#gaps) (this.#gaps ??= new Gaps()).update(gapCount, now);
  }

  override detach(): void {
    super.detach();
    this.#boots?.useArray(...this.bootNumbers);
  }

  /**
   * Light and lamp state to show to people. If the lamp state is unknown after a restart, the override determines it.
   */
  override get displayedReading(): DisplayedReading {
    const { mode } = this.#override;
    const shown = super.displayedReading;
    return mode === "auto" || this.led_on !== undefined ? shown : { ...shown, led_on: mode === "on" };
  }

  /**
   * Sets whether the device is online.
   * @param now when the change happened; undefined if unknown
   * @returns whether to report the change; a new device that is online needs no report
   */
  private setOnline(online: boolean, now: number | undefined): boolean {
    if (this.online === online) return false;
    const isFirst = this.online === undefined;
    this.online = online;
    this.since = now;
    return !isFirst || !online;
  }
}
