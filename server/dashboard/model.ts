/** What the page knows of one board: the device that the server sees, and the simulated board behind it, if it is one. */

import { LESSON_RULE } from "../../contract/rule.js";
import type { Board, Device } from "./api.js";
import { Series } from "./overview/series.js";

export class BoardModel {
  device?: Device;
  board?: Board;
  readonly series = new Series();
  /** When it went on- or offline, in ms; undefined when that was before the server looked. */
  since?: number;
  /** How long the lamp took to follow the slider, in ms; undefined when the slider asked nothing of it. */
  followed?: number;

  private asked?: { lamp: boolean; at: number };

  constructor(readonly id: string) {}

  /** What people call it. */
  get label(): string {
    return this.device?.label ?? this.id;
  }

  /** The lamp itself where it can be seen, else what the device says of it; null when it is unknown. */
  get lamp(): boolean | null {
    // blinks are no switches
    if (this.device?.blinking) return this.device.led_on;
    return this.board?.lamp ?? this.device?.led_on ?? null;
  }

  /** The lamp is on when the light is below it. */
  get threshold(): number {
    return this.device?.threshold ?? LESSON_RULE.threshold;
  }

  /** What the server says. `now` in ms by the server's clock. */
  seeDevice(device: Device, now: number): void {
    const before = this.device;
    const lamp = this.lamp;
    this.device = device;
    this.since = device.since === null ? undefined : Date.parse(device.since);
    if (device.last_seen !== null && device.last_seen !== before?.last_seen)
      this.plot(Math.min(Date.parse(device.last_seen), now));
    else if (this.lamp !== lamp) this.plot(now);
  }

  /** What the simulator says. */
  seeBoard(board: Board, now: number): void {
    const lamp = this.lamp;
    this.board = board;
    if (this.lamp !== lamp) this.plot(now);
    if (this.asked?.lamp === board.lamp) {
      this.followed = now - this.asked.at;
      this.asked = undefined;
    }
  }

  /** The slider was moved to `light`: from here runs the time that the lamp takes to follow, when it has to. */
  slide(light: number, now: number): void {
    const { device, board } = this;
    const wanted = light < this.threshold + (board?.lamp ? (device?.hysteresis ?? 0) : 0);
    const follows = device?.online && device.mode === "auto" && device.zone === null && board?.network === "up";
    if (!follows || wanted === board.lamp) this.asked = undefined;
    else if (this.asked?.lamp !== wanted) {
      this.asked = { lamp: wanted, at: now };
      this.followed = undefined;
    }
  }

  private plot(time: number): void {
    const light = this.device?.light;
    if (light != null) this.series.add(time, light, this.lamp === true);
  }
}
