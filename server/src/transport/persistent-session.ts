import type { DataFolder } from "../storage/data-folder.js";
import type { Log } from "../observability/log.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "./broker-connection.js";
import { remoteConnection } from "./remote.js";
import { publicBrokerWarning, type Scope } from "./scope.js";
import type { BrokerAddress } from "./url.js";

export interface JoinOptions {
  readonly broker: BrokerAddress;
  readonly scope: Scope;
  /** Further topics to listen to, if the broker lets us. */
  readonly topics: readonly string[];
  readonly prefix: string;
  readonly data: DataFolder;
  readonly log: Log;
}

/** The link to somebody else's broker, in the persistent session that this server has there. */
export async function persistentConnection(
  options: JoinOptions,
  handlers: BrokerConnectionHandlers,
): Promise<BrokerConnection> {
  const { broker, prefix, data, log } = options;
  const filters = [...options.scope.filters, ...options.topics];
  const warning = publicBrokerWarning(broker.host, prefix, broker.username !== undefined);
  if (warning) log.warn("link", warning);
  // the random part keeps two servers from evicting each other [MQTT-3.1.4-2]
  const clientId = `${prefix.replaceAll("/", "-")}-server-${data.serverId}`;
  const before = data.filters(clientId);
  // remembered before they are asked for, so that none is left behind whatever happens in between
  await data.setFilters(clientId, [...new Set([...before, ...filters])]);
  const unwanted = before.filter((filter) => !filters.includes(filter));
  const link = remoteConnection({ broker, prefix, clientId, filters, optional: options.topics, unwanted }, handlers);
  return {
    ...link,
    get connected() {
      return link.connected;
    },
    async start() {
      await link.start();
      await data.setFilters(clientId, filters);
    },
  };
}
