/** What is used of aedes-persistence-level, which has no types of its own. */
declare module "aedes-persistence-level/asyncPersistence.js" {
  import type { Readable } from "node:stream";

  export default class AsyncLevelPersistence {
    constructor(db: unknown);
    setup(broker: unknown): Promise<void>;
    subscriptionsByTopic(topic: string): Promise<{ clientId: string; topic: string; qos: number }[]>;
    createRetainedStream(pattern: string): Readable;
    createRetainedStreamCombi(patterns: string[]): Readable;
    storeRetained(packet: { topic: string; payload: Buffer; qos: number }): Promise<void>;
    outgoingEnqueueCombi(subscriptions: object[], packet: object): Promise<unknown>;
    outgoingClearMessageId(client: { id: string; clean: boolean }, packet: object): Promise<unknown>;
    destroy(): Promise<void>;
  }
}
