import type { Client } from "aedes";

/** Messages of QoS 1 that a session may have on their way at once, unless it acknowledges: as many as with Mosquitto. */
export const WINDOW = 20;

interface Window {
  /** Sent, and not acknowledged. */
  open: number;
  /** Those who wait to send, in order. */
  readonly waiting: (() => void)[];
}

/**
 * Bounds what is on its way to each session: a board that was away finds its queue waiting, and has memory for some of
 * it at a time. Aedes sends all of it at once.
 */
export class Windows {
  readonly #byClient = new WeakMap<Client, Window>();

  /** To be called for each new client, before it gets anything. */
  watch(client: Client): void {
    const window: Window = { open: 0, waiting: [] };
    this.#byClient.set(client, window);
    // whatever is written now goes nowhere, and stays in the queue
    client.conn.once("close", () => {
      this.#byClient.delete(client);
      for (const go of window.waiting.splice(0)) go();
    });
  }

  /** Fulfilled when a further message may be sent to the client. */
  async enter(client: Client): Promise<void> {
    const window = this.#byClient.get(client);
    if (!window) return;
    // those who wait already come first [MQTT-4.6.0-6]
    if (window.open >= WINDOW) await new Promise<void>((resolve) => window.waiting.push(resolve));
    else window.open++;
  }

  /** Begins a further message, if it may be sent at once. */
  tryEnter(client: Client): boolean {
    const window = this.#byClient.get(client);
    if (!window || window.open >= WINDOW) return false;
    window.open++;
    return true;
  }

  /** The client has acknowledged a message. */
  acknowledged(client: Client): void {
    const window = this.#byClient.get(client);
    if (!window) return;
    const next = window.waiting.shift();
    if (next) next();
    else if (window.open > 0) window.open--;
  }
}
