import { Readable } from "node:stream";
import type { IPublishPacket } from "mqtt-packet";
import { encodeData } from "./message-codec.js";
import { keyRangeOf, type OrderedStore } from "./ordered-store.js";

const WILLS_PREFIX = "will:";

/** A will message, with the client and the broker run that it belongs to. */
export interface Will extends Omit<IPublishPacket, "cmd"> {
  readonly clientId: string;
  /** Id of the broker run to which the client was connected. */
  readonly brokerId: string;
}

/** Stores the wills of connected clients on disk. After `kill -9` of the broker, the next run publishes them. */
export class Wills {
  readonly #store: OrderedStore;
  readonly #brokerId: string;
  readonly #wills = new Map<string, Will>();

  constructor(store: OrderedStore, brokerId: string) {
    this.#store = store;
    this.#brokerId = brokerId;
  }

  async load(): Promise<void> {
    for (const [, will] of await this.#store.getDecodedEntries<Will>(keyRangeOf(WILLS_PREFIX)))
      this.#wills.set(will.clientId, will);
  }

  async put({ id }: { id: string }, packet: IPublishPacket): Promise<void> {
    const will = { ...packet, clientId: id, brokerId: this.#brokerId };
    this.#wills.set(id, will);
    this.#store.put(WILLS_PREFIX + encodeURIComponent(id), encodeData(will));
  }

  async get({ id }: { id: string }): Promise<Will | undefined> {
    return this.#wills.get(id);
  }

  async delete({ id }: { id: string }): Promise<Will | undefined> {
    const will = this.#wills.get(id);
    if (!will) return undefined;
    this.#wills.delete(id);
    this.#store.delete(WILLS_PREFIX + encodeURIComponent(id));
    return will;
  }

  /**
   * Streams the wills of clients of earlier broker runs.
   * @param brokers the running brokers, by id. aedes may leave out this broker after the wall clock was set forward.
   */
  streamWills(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    const isOfStoppedBroker = ({ brokerId }: Will): boolean => brokerId !== this.#brokerId && !brokers[brokerId];
    return Readable.from([...this.#wills.values()].filter(isOfStoppedBroker));
  }
}
