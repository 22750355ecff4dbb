import { serverStatusTopic, topicOf, type Channel } from "../../../contract/index.js";
import type { Account } from "./accounts.js";

/** The permissions of a client at the broker. */
export interface Permissions {
  /** Returns whether the client may publish to a topic, also with its will message. */
  publish(topic: string): boolean;
  /** Returns whether the client may subscribe to a topic filter. */
  subscribe(filter: string): boolean;
  /** Returns whether the client may receive messages of a topic, whatever filters it has subscribed to. */
  read(topic: string): boolean;
}

/** Returns false for topics that begin with `$`, which brokers use for internal information (MQTT 3.1.1, 4.7.2). */
const isPublic = (topic: string): boolean => !topic.startsWith("$");

/** The permissions of an admin, and of every client while no account is required. */
export const FULL_ACCESS: Permissions = { publish: isPublic, subscribe: isPublic, read: isPublic };

const READER: Permissions = { ...FULL_ACCESS, publish: () => false };

const PUBLISHED: readonly Channel[] = ["telemetry", "status", "replies"];
const SUBSCRIBED: readonly Channel[] = ["commands", "config", "set", "decision"];

/**
 * Permissions of a board: its own topics, and the status of its server. Wildcards are not allowed, because each would also
 * match topics of other boards.
 */
function boardPermissions(id: string): Permissions {
  const published = new Set(PUBLISHED.map((channel) => topicOf(id, channel)));
  const read = new Set([...SUBSCRIBED.map((channel) => topicOf(id, channel)), serverStatusTopic(id)]);
  const mayRead = (topic: string): boolean => read.has(topic);
  return { publish: (topic) => published.has(topic), subscribe: mayRead, read: mayRead };
}

/** Returns the MQTT permissions of an account. */
export function permissionsOf({ role, device }: Account): Permissions {
  if (role === "admin") return FULL_ACCESS;
  return role === "reader" || device === undefined ? READER : boardPermissions(device);
}
