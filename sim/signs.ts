/** The visible state of a simulated board: its lamp, its status LED and whether it runs. */
import { EventEmitter } from "node:events";
import type { BoardEvents } from "./types.js";
import type { Color } from "./vm/status-light.js";

const DARK: Color = [0, 0, 0];

export class BoardSigns extends EventEmitter<BoardEvents> {
  #intensity = 0;
  #statusLight: Color = DARK;
  #running = false;
  #crashes = 0;

  /** Brightness, 0 to 1 */
  get intensity(): number {
    return this.#intensity;
  }
  get lamp(): boolean {
    return this.#intensity > 0;
  }
  /** The LED on the board itself: red, green and blue, 0 to 255 each. */
  get statusLight(): Color {
    return this.#statusLight;
  }
  get running(): boolean {
    return this.#running;
  }
  /** How often the program or the virtual machine has crashed. */
  get crashes(): number {
    return this.#crashes;
  }

  protected shine(intensity: number): void {
    const was = this.lamp;
    if (intensity === this.#intensity) return;
    this.#intensity = intensity;
    if (this.lamp !== was) this.emit("lamp", this.lamp);
    this.emit("change");
  }

  protected shown(statusLight: Color): void {
    this.#statusLight = statusLight;
    this.emit("change");
  }

  protected ran(running: boolean): void {
    this.#running = running;
    this.emit("change");
  }

  protected crashed(reason: string): void {
    this.#crashes++;
    this.#running = false;
    this.emit("crash", reason);
    this.emit("change");
  }

  /** The board has lost its power. */
  protected goneDark(): void {
    this.shine(0);
    this.#statusLight = DARK;
    if (this.#running) this.ran(false);
  }
}
