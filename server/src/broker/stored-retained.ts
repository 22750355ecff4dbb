import type { BrokerStore } from "../data.js";
import type { ordered } from "./ordered.js";
import type { RetainedPacket } from "./retained.js";

const PREFIX = "retained:";
const RANGE = { gte: PREFIX, lt: "retained;" } as const;
/** There when all of them are stored as `store` does; the library stores much more of each, and is slow to read it. */
const FORMAT = "format:retained";
/** So many are read at once: there may be several for each of 100,000 devices. */
const BATCH = 1000;
const AHEAD = { highWaterMarkBytes: 1_048_576 };

const valueOf = ({ qos, payload }: RetainedPacket): Buffer => Buffer.concat([Buffer.from([qos]), payload]);

/** The retained messages in the database: by topic a byte with the QoS, and the payload. */
export class StoredRetained {
  readonly #db: BrokerStore;
  readonly #ordered: ReturnType<typeof ordered>;

  constructor(db: BrokerStore, store: ReturnType<typeof ordered>) {
    this.#db = db;
    this.#ordered = store;
  }

  /** Stores a message, or removes it when its payload is empty [MQTT-3.3.1-10]; what is asked for later takes effect later. */
  store(packet: RetainedPacket): Promise<void> {
    const key = PREFIX + packet.topic;
    return packet.payload.length === 0 ? this.#ordered.del(key) : this.#ordered.put(key, valueOf(packet));
  }

  /** All of them. @param before those that the library stored, in versions before 0.2.0 */
  async *load(before: () => AsyncIterable<unknown>): AsyncGenerator<Pick<RetainedPacket, "topic" | "payload" | "qos">> {
    if (!(await this.#db.get(FORMAT))) await this.#adopt(before());
    const iterator = this.#db.iterator({ ...RANGE, ...AHEAD });
    try {
      for (;;) {
        const entries = await iterator.nextv(BATCH);
        if (entries.length === 0) return;
        for (const [key, value] of entries)
          yield { topic: key.slice(PREFIX.length), qos: value[0], payload: value.subarray(1) };
      }
    } finally {
      await iterator.close();
    }
  }

  /** At once, so that a start that is cut short finds either all as they were, or none. */
  async #adopt(before: AsyncIterable<unknown>): Promise<void> {
    const batch = this.#db.batch().put(FORMAT, Buffer.from("1"));
    for await (const packet of before as AsyncIterable<RetainedPacket>)
      batch.put(PREFIX + packet.topic, valueOf(packet));
    await batch.write();
  }
}
