import type { Client } from "aedes";
import type { Rejection } from "../counters.js";

/** How much may wait in memory for one client that does not read, in bytes. */
const BACKLOG = 4_194_304;

type Deliver = (packet: { readonly qos: number }, done: () => void) => void;

/**
 * Keeps a client that reads slowly, or not at all, from holding up the others: aedes goes on with a message when it has
 * been written to everybody. Here it goes on at once, and what waits for one client is bounded: beyond it messages of QoS 0
 * are left out, and one of QoS 1 or 2 ends the connection, so that it waits in the session, if there is one, or is
 * known to be lost. A client that reads nothing for `drainTimeout` is disconnected by aedes.
 */
export class Backlogs {
  #writing = 0;
  #settled: (() => void) | undefined;
  readonly #refused = new WeakMap<Client, (reason: Rejection, problem: string) => void>();

  /** To be called for each new client, before it gets anything. */
  watch(client: Client, refused: (reason: Rejection, problem: string) => void): void {
    this.#refused.set(client, refused);
    const inside = client as unknown as { deliver0: Deliver; deliverQoS: Deliver };
    const written = (): void => {
      if (--this.#writing === 0) this.#settled?.();
    };
    const bounded =
      (deliver: Deliver): Deliver =>
      (packet, done) => {
        if (this.hasRoom(client, packet.qos)) {
          this.#writing++;
          deliver(packet, written);
        }
        setImmediate(done);
      };
    inside.deliver0 = bounded(inside.deliver0);
    inside.deliverQoS = bounded(inside.deliverQoS);
  }

  /** Whether a message at this QoS may wait for the client. */
  hasRoom(client: Client, qos: number): boolean {
    const { conn } = client;
    if (conn.writableLength <= BACKLOG) return true;
    this.#refused.get(client)?.("over-limit", `reads too slowly: more than ${BACKLOG} bytes wait for it`);
    if (qos > 0) conn.destroy();
    return false;
  }

  /** Fulfilled when what is on its way to clients has been written. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
      if (this.#writing === 0) resolve();
    });
  }
}
