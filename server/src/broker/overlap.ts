import type { AedesPublishPacket, Client } from "aedes";
import { numberOf } from "./numbered.js";

/** How many packets back a repetition is recognised: far more than are ever on their way to one client at once. */
const WINDOW = 256;

/** What aedes keeps for each client: the number of the last packet, by broker. */
interface Duplicates {
  duplicates: Record<string, number>;
}

/** Answers "never": aedes' own test lets everything pass, and remembers nothing. */
const NEVER: Record<string, number> = new Proxy({}, { get: () => 0, set: () => true, deleteProperty: () => true });

/**
 * One copy of a message for a client whose subscriptions overlap, and none lost.
 *
 * Aedes takes a packet for a repetition when its number is not higher than that of the last one sent to the client. But
 * packets overtake each other on their way: one that is retained is stored first, one of QoS 1 is queued for absent
 * clients first. The one that was overtaken is then dropped, at any QoS: a lamp command, for instance, behind
 * the reading that it answers. So aedes' test is switched off, and numbers are remembered one by one.
 */
export class Overlap {
  readonly #recent = new WeakMap<Client, { numbers: Set<string>; order: string[]; next: number }>();

  /** To be called for each new client, before it gets anything. */
  watch(client: Client): void {
    (client as unknown as Duplicates).duplicates = NEVER;
  }

  /** Whether the client has had this packet, by way of another of its subscriptions, of which it has so many. */
  had(client: Client, packet: AedesPublishPacket, subscriptions: number): boolean {
    const number = numberOf(packet);
    // a retained message, which answers a subscription: each gets its own
    if (number === undefined) return false;
    // a client with one subscription cannot get anything twice
    if (subscriptions < 2) return false;
    let recent = this.#recent.get(client);
    if (!recent) this.#recent.set(client, (recent = { numbers: new Set(), order: [], next: 0 }));
    if (recent.numbers.has(number)) return true;
    if (recent.order.length === WINDOW) recent.numbers.delete(recent.order[recent.next]);
    recent.order[recent.next] = number;
    recent.next = (recent.next + 1) % WINDOW;
    recent.numbers.add(number);
    return false;
  }
}
