/** Simulated light sensor, which reads a light source or a value that the user has set. */
import { clampLight, type LightSource, MAX_LIGHT, MIN_LIGHT } from "./light.js";

export class LightSensor {
  #light: number;
  #held: number | undefined;
  /** Start time of the light source by `performance.now()`, in ms; undefined before `start`. */
  #startedAt: number | undefined;

  constructor(private readonly source: LightSource) {
    this.#light = clampLight(source(0));
  }

  /** Most recent reading, 0..1023. */
  get light(): number {
    return this.#light;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Starts the clock of the light source. Later calls have no effect. */
  start(): void {
    this.#startedAt ??= performance.now();
  }

  /**
   * Holds the light at a value, 0..1023, regardless of the light source. With null, the sensor reads the source again.
   * @throws RangeError when the value is out of range
   */
  hold(light: number | null): void {
    if (light !== null && !(light >= MIN_LIGHT && light <= MAX_LIGHT))
      throw new RangeError(`The light must be a number from ${MIN_LIGHT} to ${MAX_LIGHT}, or null to release it.`);
    this.#held = light === null ? undefined : clampLight(light);
  }

  /** Takes a new reading of the light. Returns whether the new reading differs from the previous reading. */
  sample(): boolean {
    const now = performance.now();
    const light = this.#held ?? clampLight(this.source(now - (this.#startedAt ?? now)));
    const changed = light !== this.#light;
    this.#light = light;
    return changed;
  }
}
