/** Model of one board: its device at the server and, if it is simulated, its simulated hardware. */

import { LESSON_RULE } from "../../contract/rule.js";
import type { SimulatedBoard, Device } from "./api.js";
import { RecentReadings } from "./overview/series.js";

export class BoardModel {
  device?: Device;
  board?: SimulatedBoard;
  readonly series = new RecentReadings();
  /** When the board went online or offline, in ms since 1970; undefined if unknown. */
  since?: number;
  /** How long the lamp took to react to the light slider, in ms; undefined if it did not have to react. */
  reactionTime?: number;

  /** The lamp state expected after a move of the slider, and when the slider moved, in ms by the server's clock. */
  private expectedSwitch?: { lamp: boolean; at: number };

  constructor(readonly id: string) {}

  /** Display name: the configured label, otherwise the id. */
  get label(): string {
    return this.device?.label ?? this.id;
  }

  /** Lamp state: of the simulated lamp if there is one, otherwise as the device reports it; null if unknown. */
  get lamp(): boolean | null {
    // While the board blinks because of `identify`, use the server's lamp state, which ignores the blinking.
    if (this.device?.blinking) return this.device.led_on;
    return this.board?.lamp ?? this.device?.led_on ?? null;
  }

  /** Whether `lamp` is the lamp's present state, rather than the last one that an unreachable board had. */
  get isLampKnown(): boolean {
    return this.board !== undefined || this.device?.online === true;
  }

  /** Light level below which the lamp switches on. */
  get threshold(): number {
    return this.device?.threshold ?? LESSON_RULE.threshold;
  }

  /** Sets the device's state. @param now in ms by the server's clock */
  updateDevice(device: Device, now: number): void {
    const before = this.device;
    const lamp = this.lamp;
    this.device = device;
    this.since = device.since === null ? undefined : Date.parse(device.since);
    if (device.last_seen !== null && device.last_seen !== before?.last_seen)
      this.addToPlot(Math.min(Date.parse(device.last_seen), now));
    else if (this.lamp !== lamp) this.addToPlot(now);
  }

  /** Sets the simulated board's state. @param now in ms by the server's clock */
  updateSimulatedBoard(board: SimulatedBoard, now: number): void {
    const lamp = this.lamp;
    this.board = board;
    // The light of a board that is out of reach is unknown until it sends its readings.
    if (this.lamp !== lamp && this.device?.online !== false) this.addToPlot(now);
    if (this.expectedSwitch?.lamp === board.lamp) {
      this.reactionTime = now - this.expectedSwitch.at;
      this.expectedSwitch = undefined;
    }
  }

  /** Handles a move of the slider to `light`. Starts measuring the lamp's reaction time if the lamp must switch. */
  handleSlider(light: number, now: number): void {
    const { device, board } = this;
    const wanted = light < this.threshold + (board?.lamp ? (device?.hysteresis ?? 0) : 0);
    const reacts = device?.online && device.mode === "auto" && device.zone === null && board?.network === "up";
    if (!reacts || wanted === board.lamp) this.expectedSwitch = undefined;
    else if (this.expectedSwitch?.lamp !== wanted) {
      this.expectedSwitch = { lamp: wanted, at: now };
      this.reactionTime = undefined;
    }
  }

  private addToPlot(time: number): void {
    const light = this.device?.light;
    if (light != null) this.series.add(time, light, this.lamp === true);
  }
}
