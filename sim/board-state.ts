/** The visible state of a simulated board: its lamp, its status LED and whether it runs. */
import { EventEmitter } from "node:events";
import type { BoardEvents } from "./types.js";
import type { Color } from "./vm/status-light.js";

const OFF: Color = [0, 0, 0];

export class BoardState extends EventEmitter<BoardEvents> {
  #intensity = 0;
  #statusLight: Color = OFF;
  #running = false;
  #crashes = 0;

  /** Brightness of the lamp, 0 to 1. */
  get intensity(): number {
    return this.#intensity;
  }
  get lamp(): boolean {
    return this.#intensity > 0;
  }
  /** Color of the status LED on the board: red, green and blue, 0 to 255 each. */
  get statusLight(): Color {
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

  protected setStatusLight(statusLight: Color): void {
    this.#statusLight = statusLight;
    this.emit("change");
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
    this.#statusLight = OFF;
    if (this.#running) this.setRunning(false);
  }
}
