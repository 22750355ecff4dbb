import type { Addressee } from "../link/link.js";

/** Why a topic is known: a message of it is retained, somebody subscribes to it, a session is to have its messages stored. */
export const RETAINED = 1;
export const SUBSCRIBED = 2;
export const AWAITED = 4;

/**
 * The topics of which the broker has anything, by number: so what it has of a topic is found together, by one look among 100,000
 * strings, and by none when it is a device's.
 */
export class Topics {
  readonly #numbers = new Map<string, number>();
  /** By number, as all that follows; 0 is no topic. */
  readonly #names: string[] = [""];
  /** The ids of those whose command topics these are, as far as they were asked for. */
  readonly #ids: (string | undefined)[] = [undefined];
  #reasons = new Uint8Array(1024);
  readonly #free: number[] = [];

  /** The number of a topic; 0 when there is nothing of it. */
  find(topic: string): number {
    return this.#numbers.get(topic) ?? 0;
  }

  /** The number of a device's command topic, which the device remembers; 0 when there is nothing of it. */
  findFor(to: Addressee): number {
    const { id, addressed } = to;
    // another topic may have the number by now
    if (addressed > 0 && this.#ids[addressed] === id) return addressed;
    const number = this.find(to.commandTopic);
    if (number > 0) this.#ids[number] = id;
    return (to.addressed = number);
  }

  nameOf(number: number): string {
    return this.#names[number];
  }

  /** Keeps a topic known, for this reason; gives its number. @param number what it was found to have */
  hold(topic: string, reason: number, number = this.find(topic)): number {
    if (number === 0) {
      number = this.#free.pop() ?? this.#names.length;
      this.#numbers.set(topic, number);
      this.#names[number] = topic;
      this.#ids[number] = undefined;
      if (number === this.#reasons.length) this.#reasons = doubled(this.#reasons);
    }
    this.#reasons[number] |= reason;
    return number;
  }

  /** The reason is gone; with the last of them the number becomes free for another topic. */
  letGo(number: number, reason: number): void {
    const left = (this.#reasons[number] &= ~reason);
    if (left !== 0) return;
    this.#numbers.delete(this.#names[number]);
    this.#names[number] = "";
    this.#ids[number] = undefined;
    this.#free.push(number);
  }
}

/** The same with room for twice as many. */
export function doubled<T extends Uint8Array | Uint32Array>(numbers: T): T {
  const more = new (numbers.constructor as new (length: number) => T)(numbers.length * 2);
  more.set(numbers);
  return more;
}
