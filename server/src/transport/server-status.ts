import { encode, SERVER_STATUS, topicOf } from "../../../contract/index.js";

/** Where the server says whether it is there, retained: `<prefix>/status`. */
export function serverStatusTopic(prefix: string): string {
  return topicOf(prefix, "status");
}

export const ONLINE = Buffer.from(encode(SERVER_STATUS, { online: true }));
export const OFFLINE = Buffer.from(encode(SERVER_STATUS, { online: false }));
