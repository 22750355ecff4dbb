import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { hasWildcard, filterMatches } from "../mqtt/topics.js";
import type { RetainedMessages } from "../storage/retained.js";

/** Number of topics that are compared with a wildcard filter in one turn of the event loop. */
const TOPICS_PER_TURN = 1000;

/** Streams the retained messages that match topic filters. */
export function createRetainedStream(retained: RetainedMessages, filters: readonly string[]): Readable {
  return Readable.from(readMatchingMessages(retained, filters));
}

async function* readMatchingMessages(retained: RetainedMessages, filters: readonly string[]): AsyncGenerator<object> {
  for (const filter of filters) {
    if (!hasWildcard(filter)) {
      if (retained.get(filter)) yield createLazyMessage(retained, filter);
      continue;
    }
    let compared = 0;
    for (const topic of retained.listTopics()) {
      if (filterMatches(filter, topic)) yield createLazyMessage(retained, topic);
      if (++compared % TOPICS_PER_TURN === 0) await nextTurn();
    }
  }
}

/**
 * Creates a packet that reads its retained message at the moment when aedes sends the packet. A message read earlier
 * could arrive after a newer one on the same topic.
 */
function createLazyMessage(retained: RetainedMessages, topic: string): object {
  const readMessage = () => retained.get(topic);
  return {
    cmd: "publish",
    topic,
    retain: true,
    get qos() {
      return readMessage()?.qos ?? 0;
    },
    get payload() {
      return readMessage()?.payload ?? Buffer.alloc(0);
    },
    get properties() {
      return readMessage()?.properties;
    },
    get messageExpiry() {
      return readMessage()?.messageExpiry;
    },
  };
}
