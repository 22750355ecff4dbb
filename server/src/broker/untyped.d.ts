/** What is used of aedes-persistence-level, which has no types of its own. */
declare module "aedes-persistence-level/asyncPersistence.js" {
  import type { Readable } from "node:stream";

  export default class AsyncLevelPersistence {
    constructor(db: unknown);
    setup(broker: unknown): Promise<void>;
    subscriptionsByTopic(topic: string): Promise<{ clientId: string; topic: string; qos: number }[]>;
    createRetainedStream(pattern: string): Readable;
    createRetainedStreamCombi(patterns: string[]): Readable;
    addSubscriptions(client: { id: string }, subscriptions: { topic: string; qos: number }[]): Promise<void>;
    removeSubscriptions(client: { id: string }, filters: string[]): Promise<void>;
    subscriptionsByClient(client: { id: string }): Promise<{ topic: string; qos: number }[]>;
    cleanSubscriptions(client: { id: string }): Promise<void>;
    outgoingEnqueue(subscription: { clientId: string }, packet: object): Promise<void>;
    storeRetained(packet: { topic: string; payload: Buffer; qos: number }): Promise<void>;
    outgoingEnqueueCombi(subscriptions: object[], packet: object): Promise<unknown>;
    outgoingStream(client: { id: string }): Readable;
    outgoingUpdate(client: object, packet: { cmd: string; qos?: number }): Promise<void>;
    outgoingClearMessageId(client: { id: string; clean: boolean }, packet: object): Promise<unknown>;
    destroy(): Promise<void>;
  }
}

/** What is used of qlobber, which has no types of its own. */
declare module "qlobber" {
  interface Options {
    readonly separator: string;
    readonly wildcard_one: string;
    readonly wildcard_some: string;
    readonly match_empty_levels: boolean;
  }

  export class Qlobber<T> {
    constructor(options: Options);
    add(filter: string, value: T): this;
    /** Without effect when it is not there. */
    remove(filter: string, value: T): this;
    /** @throws Error for a topic of more than 100 levels */
    match(topic: string): T[];
  }

  export class QlobberTrue {
    constructor(options: Options);
    add(filter: string): this;
    test(topic: string): boolean;
  }
}
