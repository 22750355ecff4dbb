import type { DataFolder } from "../storage/data-folder.js";
import type { Log } from "../observability/log.js";
import type { LinkHandlers, MqttLink } from "./link.js";
import { remoteLink } from "./remote.js";
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
export async function joinBroker(options: JoinOptions, handlers: LinkHandlers): Promise<MqttLink> {
  const { broker, prefix, data, log } = options;
  const filters = [...options.scope.filters, ...options.topics];
  const warning = publicBrokerWarning(broker.host, prefix, broker.username !== undefined);
  if (warning) log.warn("link", warning);
  // the random part keeps two servers from evicting each other [MQTT-3.1.4-2]
  const clientId = `${prefix.replaceAll("/", "-")}-server-${data.serverId}`;
  const name = `filters:${clientId}`;
  const before = data.values.startingWith<readonly string[]>(name).get("") ?? [];
  // remembered before they are asked for, so that none is left behind whatever happens in between
  await data.values.put(name, [...new Set([...before, ...filters])]);
  const unwanted = before.filter((filter) => !filters.includes(filter));
  const link = remoteLink({ broker, prefix, clientId, filters, optional: options.topics, unwanted }, handlers);
  return {
    ...link,
    get connected() {
      return link.connected;
    },
    async start() {
      await link.start();
      await data.values.put(name, filters);
    },
  };
}
