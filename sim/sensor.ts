/** How much light falls on a simulated board: from a source, or held by hand. */
import { clampLight, type LightSource, MAX_LIGHT, MIN_LIGHT } from "./light.js";

export class LightSensor {
  #light: number;
  #held: number | undefined;
  /** performance.now() when the source began. */
  #begin: number | undefined;

  constructor(private readonly source: LightSource) {
    this.#light = clampLight(source(0));
  }

  /** 0..1023, as of the last look. */
  get light(): number {
    return this.#light;
  }

  get held(): boolean {
    return this.#held !== undefined;
  }

  /** The time of the source begins, if it has not begun. */
  begin(): void {
    this.#begin ??= performance.now();
  }

  /**
   * Holds the light, 0..1023; null gives it back to its source.
   * @throws RangeError for any other light
   */
  hold(light: number | null): void {
    if (light !== null && !(light >= MIN_LIGHT && light <= MAX_LIGHT))
      throw new RangeError(`The light must be a number from ${MIN_LIGHT} to ${MAX_LIGHT}, or null to release it.`);
    this.#held = light === null ? undefined : clampLight(light);
  }

  /** Looks how much light there is now; true when it changed. */
  look(): boolean {
    const now = performance.now();
    const light = this.#held ?? clampLight(this.source(now - (this.#begin ?? now)));
    const changed = light !== this.#light;
    this.#light = light;
    return changed;
  }
}
