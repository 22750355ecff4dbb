import { decideLamp, isHeldByMinimumTime } from "../decisions/decide-lamp.js";
import type { Zone } from "../decisions/zones/zone.js";
import type { Zones } from "../decisions/zones/zones.js";
import type { Device, Devices } from "../devices/devices.js";
import { toCurrentOverride, createOverride, type Mode, type Override } from "../devices/override.js";
import { clock } from "../time/monotonic-clock.js";
import type { DeviceMemory } from "./device-memory.js";
import type { LampCommands } from "./lamp-commands.js";
import type { Notifier } from "./notifier.js";
import type { Ownership } from "./ownership.js";
import type { StorageFailureLog } from "./storage-failures.js";

/** Age in ms above which an arriving reading counts as old. The lamp does not follow an old reading at once. */
export const OLD_READING_AGE = 2000;

/** How long the server waits for a newer reading before the lamp follows an old one, in ms. */
export const NEWER_READING_WAIT = 250;

/** Maximum time from the first delayed reading until the lamp follows the newest one, in ms. */
export const MAX_READING_WAIT = 1000;
/** The value that replaces `MAX_READING_WAIT` while a broker delivers queued messages, in ms. */
const MAX_QUEUE_WAIT = 30_000;

/** An old reading that the lamp follows after a delay, unless a newer one arrives first (debouncing). */
interface DelayedReading {
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

export interface LampsOptions {
  readonly devices: Devices;
  readonly zones: Zones;
  readonly commands: LampCommands;
  readonly notifier: Notifier;
  readonly ownership: Ownership;
  readonly memory: Pick<DeviceMemory, "setOverride" | "setZoneOverride">;
  readonly failures: StorageFailureLog;
}

/** Controls the lamps: decides, publishes the command, and notifies listeners about switched lamps. */
export class Lamps {
  /** Whether the broker still delivers messages that waited while the server was away. */
  isCatchingUp = false;
  readonly #options: LampsOptions;
  readonly #delayedReadings = new Map<Device, DelayedReading>();
  /** Devices whose lamp may switch without a new reading, because an override or the rule's minimum time ends. */
  readonly #timedDevices = new Set<Device>();

  constructor(options: LampsOptions) {
    this.#options = options;
  }

  /**
   * Decides by the newest reading of a device and commands the lamp. Old readings are debounced: a queue that arrives
   * after a lost connection must not make the lamp flicker. The lamp follows the last old reading if no newer one
   * arrives.
   * @param measuredAt when the device measured the light, in ms by the monotonic clock
   * @param isTimeCertain whether `measuredAt` is certain; otherwise the reading counts as old
   */
  followReading(device: Device, measuredAt: number, isTimeCertain: boolean, now: number): void {
    const delayed = this.#delayedReadings.get(device);
    if (delayed) {
      clearTimeout(delayed.timer);
      this.#delayedReadings.delete(device);
    }
    if (isTimeCertain && now - measuredAt <= OLD_READING_AGE) return this.#decideAll(device, now);
    const since = delayed?.since ?? now;
    const latest = since + (this.isCatchingUp ? MAX_QUEUE_WAIT : MAX_READING_WAIT);
    const decideLater = (): void => {
      this.#delayedReadings.delete(device);
      this.#decideAll(device, clock.now());
    };
    const timer = setTimeout(decideLater, Math.max(0, Math.min(NEWER_READING_WAIT, latest - now)));
    this.#delayedReadings.set(device, { since, timer });
  }

  /** Sets a person's override, which takes effect at once. @param duration in ms; undefined if it has no end */
  setMode(device: Device, mode: Mode, duration: number | undefined, now: number): void {
    this.restoreOverride(device, createOverride(mode, duration, now));
    this.resendCommand(device, now);
  }

  /** Restores a stored override without publishing a lamp command. */
  restoreOverride(device: Device, override: Override): void {
    device.setOverride(override);
    if (override.until === undefined) this.#timedDevices.delete(device);
    else this.#timedDevices.add(device);
  }

  /** Decides and publishes the lamp command again. Does nothing without a reading, override or zone decision. */
  resendCommand(device: Device, now: number): void {
    if (device.override.mode !== "auto" || this.#zoneOf(device)?.lamp || device.light !== undefined)
      this.#decide(device, now);
  }

  /** Decides again after a change of the rule, the zone or the time, and switches the lamp if the decision is different. */
  decideAgain(device: Device, now: number): void {
    const zone = this.#zoneOf(device);
    if (device.light === undefined && !zone?.lamp) return;
    if (decideLamp(device, zone, now)?.led_on !== device.lamp?.led_on) this.#decide(device, now);
  }

  /** Commands the lamp again after a board has blinked. If the board decides by itself, adopts the board's lamp state. */
  correctAfterBlinking(device: Device, now: number): void {
    const { status, lamp } = device;
    if (status?.led_on === undefined || status.led_on === device.led_on) return;
    if (lamp && status.decided_by !== "device") this.resendCommand(device, now);
    else if (device.setLed(status.led_on, true)) this.#options.notifier.deviceChanged(device, "switched");
  }

  /** Sets a person's override of a zone, which takes effect at once. @param duration in ms; undefined if it has no end */
  setZoneMode(zone: Zone, mode: Mode, duration: number | undefined, now: number): void {
    this.restoreZoneOverride(zone, createOverride(mode, duration, now), now);
  }

  /** Sets a zone's override without storing it, decides, and commands the zone's lamps if the decision has changed. */
  restoreZoneOverride(zone: Zone, override: Override, now: number): void {
    zone.override = override;
    this.#applyZoneDecision(zone, zone.decide(now), now);
  }

  /** Decides again for this server's zones, because time affects schedules, silent sensors, overrides and minimum times. */
  tickZones(now: number): void {
    for (const zone of this.#options.zones) this.#tickZone(zone, now);
  }

  /**
   * Decides again for this server's zones, and for lamps whose override or minimum time has ended. Stores that the
   * overrides have ended.
   */
  tick(now: number): void {
    this.tickZones(now);
    for (const device of this.#timedDevices) {
      const { override } = device;
      if (toCurrentOverride(override, now) !== override) {
        this.setMode(device, "auto", undefined, now);
        this.#options.notifier.deviceChanged(device, "mode");
        void this.#store(device.id, this.#options.memory.setOverride(device.id, device.override));
      } else if (override.mode === "auto") this.decideAgain(device, now);
    }
  }

  /** Stops deciding about a device that was forgotten. */
  forget(device: Device): void {
    clearTimeout(this.#delayedReadings.get(device)?.timer);
    this.#delayedReadings.delete(device);
    this.#timedDevices.delete(device);
  }

  /** Stops all timers, so that no further commands are sent. */
  close(): void {
    for (const { timer } of this.#delayedReadings.values()) clearTimeout(timer);
    this.#delayedReadings.clear();
    this.#timedDevices.clear();
  }

  #zoneOf({ id }: Device): Zone | undefined {
    return this.#options.zones.membershipOf(id)?.lampOf;
  }

  /** Decides for the zones that use a device's light, and then for its own lamp. */
  #decideAll(device: Device, now: number): void {
    const sensorOf = this.#options.zones.membershipOf(device.id)?.sensorOf;
    if (sensorOf) for (const zone of sensorOf) this.#applyZoneDecision(zone, zone.decide(now), now, device);
    this.#decide(device, now);
  }

  /** Decides about one lamp and commands it. */
  #decide(device: Device, now: number): void {
    const zone = this.#zoneOf(device);
    const lamp = decideLamp(device, zone, now);
    const { rule } = device;
    if (device.override.mode === "auto" && (rule.min_on > 0 || rule.min_off > 0)) this.#updateTimed(device, zone, now);
    const isFirst = device.lamp === undefined;
    device.recordDecision(lamp);
    // A zone whose sensors have not reported yet has no decision.
    if (!lamp) return;
    if (this.#options.ownership.isValid()) this.#options.commands.publish(device, lamp.led_on);
    if (device.setLed(lamp.led_on)) this.#options.notifier.deviceChanged(device, "switched");
    else if (isFirst) this.#options.notifier.deviceChanged(device, "lamp-known");
  }

  #updateTimed(device: Device, zone: Zone | undefined, now: number): void {
    if (isHeldByMinimumTime(device, zone, now)) this.#timedDevices.add(device);
    else this.#timedDevices.delete(device);
  }

  /** Reports a zone's decision. If the zone has switched, stores it and commands its lamps. @param except a device to leave out */
  #applyZoneDecision(zone: Zone, isSwitched: boolean, now: number, except?: Device): void {
    const { devices, notifier, ownership } = this.#options;
    notifier.zoneDecided(zone, isSwitched);
    if (!isSwitched) return;
    ownership.storeZone(zone);
    for (const id of zone.policy.lamps) {
      const device = devices.get(id);
      if (device && device !== except) this.resendCommand(device, now);
    }
  }

  #tickZone(zone: Zone, now: number): void {
    const { notifier, ownership, memory } = this.#options;
    const { name } = zone.policy;
    if (!ownership.ownsZone(name)) return;
    const { mode } = zone.override;
    const before = zone.reason;
    const isSwitched = zone.decide(now);
    const hasEnded = zone.override.mode !== mode;
    if (isSwitched || hasEnded || zone.reason !== before) this.#applyZoneDecision(zone, isSwitched, now);
    if (!hasEnded) return;
    notifier.zoneOverrideEnded(zone);
    void this.#store(`zone ${name}`, memory.setZoneOverride(name, zone.override));
  }

  #store(id: string, storing: Promise<void>): Promise<void> {
    return this.#options.failures.logIfRejected(id, "override", storing);
  }
}
