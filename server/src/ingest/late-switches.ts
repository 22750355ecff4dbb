import type { Telemetry } from "../../../contract/index.js";
import type { Device } from "../devices/device.js";
import { explainLateState } from "../devices/reason.js";
import type { History } from "../history/history.js";

/** The state of a lamp when a reading was taken. */
interface ReportedLamp {
  readonly led_on: boolean;
  /** By the monotonic clock, in ms. */
  readonly time: number;
}

/**
 * Records in the history when boards have switched their lamps while the server could not hear them: their late
 * readings contain the state of the lamp. The history may get a switch to the state that the lamp already had; answers
 * leave such switches out.
 */
export class LateSwitches {
  readonly #history: Pick<History, "addSwitch">;
  /** For each device whose late readings arrive at present: the lamp at the last one. */
  readonly #backlogs = new WeakMap<Device, ReportedLamp>();

  constructor(history: Pick<History, "addSwitch">) {
    this.#history = history;
  }

  /**
   * Processes the lamp state in a reading, before the device accepts the reading.
   * @param measuredAt when the reading was taken, by the monotonic clock
   * @param isLate whether the reading was taken some time before it arrived, or before another one that has arrived
   */
  add(device: Device, { led_on }: Telemetry, measuredAt: number, isLate: boolean): void {
    if (led_on === undefined) return;
    const last = this.#backlogs.get(device);
    const reported = { led_on, time: measuredAt };
    if (isLate) {
      if (last?.led_on !== led_on || measuredAt < last.time) this.#record(device, reported);
      this.#backlogs.set(device, reported);
    } else if (last) {
      this.#backlogs.delete(device);
      const current = { ...reported, led_on: device.correctLed(led_on) };
      for (const lamp of [newestLampOf(device), current]) if (lamp && lamp.time > last.time) this.#record(device, lamp);
    }
  }

  #record(device: Device, { led_on, time }: ReportedLamp): void {
    this.#history.addSwitch(device, { time, led_on, by: "device", reason: explainLateState(led_on) });
  }
}

/** The lamp just before the newest reading so far. A board sends that reading first, and the late ones after it. */
function newestLampOf({ reportedLed, measuredAt }: Device): ReportedLamp | undefined {
  // 1 ms earlier, because the server may have switched the lamp by this reading in the same millisecond.
  return reportedLed === undefined ? undefined : { led_on: reportedLed, time: measuredAt - 1 };
}
