import type { DataFolder } from "../storage/data-folder.js";
import type { Log } from "../observability/log.js";
import type { BrokerConnection, BrokerConnectionHandlers } from "./broker-connection.js";
import { createRemoteConnection } from "./remote.js";
import { createPublicBrokerWarning, type Scope } from "./scope.js";
import type { BrokerAddress } from "./url.js";

export interface PersistentConnectionOptions {
  readonly broker: BrokerAddress;
  readonly scope: Scope;
  /** Additional topic filters to subscribe to. The broker may refuse them. */
  readonly topics: readonly string[];
  /** Topic prefix of this installation, such as `nightlight`. */
  readonly prefix: string;
  /** Stores the server id and the subscriptions between runs. */
  readonly data: DataFolder;
  readonly log: Log;
}

/**
 * Creates a connection to a remote broker that resumes this server's persistent session. `start` removes subscriptions
 * of earlier runs that the current configuration no longer needs.
 */
export async function createPersistentConnection(
  options: PersistentConnectionOptions,
  handlers: BrokerConnectionHandlers,
): Promise<BrokerConnection> {
  const { broker, prefix, data, log } = options;
  const filters = [...options.scope.filters, ...options.topics];
  const warning = createPublicBrokerWarning(broker.host, prefix, broker.username !== undefined);
  if (warning) log.warn("link", warning);
  // the random server id keeps two servers from taking over each other's session [MQTT-3.1.4-2]
  const clientId = `${prefix.replaceAll("/", "-")}-server-${data.serverId}`;
  const name = `filters:${clientId}`;
  const before = data.values.entriesWithPrefix<readonly string[]>(name).get("") ?? [];
  // store the filters before subscribing, so that a crash in between leaves no unknown subscription at the broker
  await data.values.put(name, [...new Set([...before, ...filters])]);
  const unwanted = before.filter((filter) => !filters.includes(filter));
  const connection = createRemoteConnection(
    { broker, prefix, clientId, filters, optional: options.topics, unwanted },
    handlers,
  );
  return {
    ...connection,
    get connected() {
      return connection.connected;
    },
    async start() {
      await connection.start();
      await data.values.put(name, filters);
    },
  };
}
