/** The visible state of a simulated board: its lamp, its status LED and whether it runs. */
import { EventEmitter } from "node:events";
import type { BoardEvents } from "./types.js";
import type { StatusLight } from "./vm/status-light.js";

const LED_OFF: StatusLight = [0, 0, 0];

export class BoardState extends EventEmitter<BoardEvents> {
  #intensity = 0;
  #statusLight: StatusLight = LED_OFF;
  #running = false;
  #crashes = 0;

  /** Brightness of the lamp, 0 to 1. */
  get intensity(): number {
    return this.#intensity;
  }
  get lamp(): boolean {
    return this.#intensity > 0;
  }
  /** The status LED on the board: red, green and blue, 0 to 255 each, or `runtime` for the runtime's own pattern. */
  get statusLight(): StatusLight {
    return this.#statusLight;
  }
  get running(): boolean {
    return this.#running;
  }
  /** Number of crashes of the program or the virtual machine. */
  get crashes(): number {
    return this.#crashes;
  }

  protected setIntensity(intensity: number): void {
    const wasOn = this.lamp;
    if (intensity === this.#intensity) return;
    this.#intensity = intensity;
    if (this.lamp !== wasOn) this.emit("lamp", this.lamp);
    this.emit("change");
  }

  /**
   * Sets the status LED. Emits no `change` event, because the LED blinks all the time and each `change` is sent to the
   * browsers.
   */
  protected setStatusLight(statusLight: StatusLight): void {
    this.#statusLight = statusLight;
    this.emit("status-light", statusLight);
  }

  protected setRunning(running: boolean): void {
    this.#running = running;
    this.emit("change");
  }

  protected recordCrash(reason: string): void {
    this.#crashes++;
    this.#running = false;
    this.emit("crash", reason);
    this.emit("change");
  }

  /** Switches lamp and status LED off after a loss of power. */
  protected clearOnPowerLoss(): void {
    this.setIntensity(0);
    this.setStatusLight(LED_OFF);
    if (this.#running) this.setRunning(false);
  }
}
