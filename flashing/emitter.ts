/** Calls listeners by the name of an event, as Node's EventEmitter does, in Node and in browsers. */
export class Emitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #listeners: { [K in keyof Events]?: Set<(...args: Events[K]) => void> } = {};

  on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): this {
    (this.#listeners[event] ??= new Set()).add(listener);
    return this;
  }

  off<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): this {
    this.#listeners[event]?.delete(listener);
    return this;
  }

  protected emit<K extends keyof Events>(event: K, ...args: Events[K]): void {
    // iterates over a copy, because a listener may add or remove listeners
    for (const listener of [...(this.#listeners[event] ?? [])]) listener(...args);
  }
}
