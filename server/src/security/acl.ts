import { parseTopic, serverStatusTopic, topicOf, type Channel } from "../../../contract/index.js";
import type { Account } from "./accounts.js";

/** The permissions of a client at the broker. */
export interface Permissions {
  /** Returns whether the client may publish to a topic, also with its will message. */
  mayPublish(topic: string): boolean;
  /** Returns whether the client may subscribe to a topic filter. */
  maySubscribe(filter: string): boolean;
  /** Returns whether the client may receive messages of a topic, whatever filters it has subscribed to. */
  mayRead(topic: string): boolean;
}

/** Returns false for topics that begin with `$`, which brokers use for internal information (MQTT 3.1.1, 4.7.2). */
const isOrdinaryTopic = (topic: string): boolean => !topic.startsWith("$");

/** The permissions of an admin, and of every client while no account is required. */
export const FULL_ACCESS: Permissions = {
  mayPublish: isOrdinaryTopic,
  maySubscribe: isOrdinaryTopic,
  mayRead: isOrdinaryTopic,
};

const READER_PERMISSIONS: Permissions = { ...FULL_ACCESS, mayPublish: () => false };

/**
 * Permissions of Home Assistant: it receives everything, overrides lamps and zones, and says on `<discovery prefix>/status`
 * whether it is online.
 */
function createHomeAssistantPermissions(discoveryPrefix: string): Permissions {
  const birthTopic = `${discoveryPrefix}/status`;
  const mayPublish = (topic: string): boolean =>
    topic === birthTopic || (isOrdinaryTopic(topic) && parseTopic(topic)?.channel === "set");
  return { ...FULL_ACCESS, mayPublish };
}

const BOARD_PUBLISH_CHANNELS: readonly Channel[] = ["telemetry", "status", "replies"];
const BOARD_SUBSCRIBE_CHANNELS: readonly Channel[] = ["commands", "config", "set", "decision"];

/**
 * Permissions of a board: its own topics, and the status of its server. Wildcards are not allowed, because each would also
 * match topics of other boards.
 */
function createBoardPermissions(id: string): Permissions {
  const published = new Set(BOARD_PUBLISH_CHANNELS.map((channel) => topicOf(id, channel)));
  const read = new Set([...BOARD_SUBSCRIBE_CHANNELS.map((channel) => topicOf(id, channel)), serverStatusTopic(id)]);
  const mayRead = (topic: string): boolean => read.has(topic);
  return { mayPublish: (topic) => published.has(topic), maySubscribe: mayRead, mayRead: mayRead };
}

/** Returns the MQTT permissions of an account. @param discoveryPrefix the prefix of Home Assistant's topics */
export function permissionsOf({ role, device }: Account, discoveryPrefix: string): Permissions {
  if (role === "admin") return FULL_ACCESS;
  if (role === "home-assistant") return createHomeAssistantPermissions(discoveryPrefix);
  return role === "reader" || device === undefined ? READER_PERMISSIONS : createBoardPermissions(device);
}
