import { encode, SERVER_STATUS, topicOf } from "../../../contract/index.js";

/** Topic of the server's retained status message: `<prefix>/status`. */
export function serverStatusTopic(prefix: string): string {
  return topicOf(prefix, "status");
}

/** Status payload while the server runs. */
export const ONLINE = Buffer.from(encode(SERVER_STATUS, { online: true }));
/** Status payload after the server has stopped; also the payload of its will. */
export const OFFLINE = Buffer.from(encode(SERVER_STATUS, { online: false }));
