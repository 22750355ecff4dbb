import { serverStatusTopic, topicOf, type Channel } from "../../../contract/index.js";
import type { Account } from "./accounts.js";

/** What somebody may do at the broker. */
export interface Rights {
  /** Whether messages may be published on this topic, the will included. */
  publish(topic: string): boolean;
  /** Whether this topic filter may be subscribed to. */
  subscribe(filter: string): boolean;
  /** Whether a message on this topic may be delivered, however it came to be subscribed to. */
  read(topic: string): boolean;
}

/** The broker's own topics, where it says who is connected: [MQTT-4.7.2-1]. */
const foreign = (topic: string): boolean => !topic.startsWith("$");

/** Of an admin, and of everybody where no accounts are asked for. */
export const EVERYTHING: Rights = { publish: foreign, subscribe: foreign, read: foreign };

const READER: Rights = { ...EVERYTHING, publish: () => false };

const PUBLISHED: readonly Channel[] = ["telemetry", "status", "replies"];
const SUBSCRIBED: readonly Channel[] = ["commands", "config", "set", "decision"];

/**
 * A board publishes and reads its own topics, and whether its server is there; no wildcard, because each would be for
 * more than its own.
 */
function boardRights(id: string): Rights {
  const published = new Set(PUBLISHED.map((channel) => topicOf(id, channel)));
  const read = new Set([...SUBSCRIBED.map((channel) => topicOf(id, channel)), serverStatusTopic(id)]);
  const mayRead = (topic: string): boolean => read.has(topic);
  return { publish: (topic) => published.has(topic), subscribe: mayRead, read: mayRead };
}

/** What the account may do. */
export function rightsOf({ role, device }: Account): Rights {
  if (role === "admin") return EVERYTHING;
  return role === "reader" || device === undefined ? READER : boardRights(device);
}
