import { encode, SERVER_STATUS, topicOf } from "../../../contract/index.js";

/** Returns the topic of the server's retained status message: `<prefix>/status`. */
export function serverStatusTopicOf(prefix: string): string {
  return topicOf(prefix, "status");
}

/** Payload of the server's status message while the server runs. */
export const ONLINE_PAYLOAD = Buffer.from(encode(SERVER_STATUS, { online: true }));
/** Payload of the server's status message after the server has stopped, and of the server's will. */
export const OFFLINE_PAYLOAD = Buffer.from(encode(SERVER_STATUS, { online: false }));
