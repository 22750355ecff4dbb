import type { BrokerHandlers } from "../broker/api.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { Log } from "../observability/log.js";
import type { BrokerConnectionHandlers } from "../transport/broker-connection.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Parts } from "./parts.js";

/** Creates the handlers for the messages and events of the broker connection. */
export function createLinkHandlers(
  { ingest, rejects, homeAssistant, lamps }: Parts,
  lifecycle: Lifecycle,
  cluster: Cluster | undefined,
  log: Log,
): BrokerConnectionHandlers & Pick<BrokerHandlers, "refusalOf"> {
  const handleMessage: BrokerConnectionHandlers["message"] =
    cluster?.message ?? ((topic, payload, retained) => ingest.handleMessage(topic, payload, retained));
  return {
    message: (topic, payload, retained) =>
      homeAssistant.handleMessage(topic, payload) ? undefined : handleMessage(topic, payload, retained),
    refusalOf: (topic, payload) => ingest.setProblem(topic, payload),
    rejected: (reason, from, problem, origin) => rejects.add(reason, from, problem, origin),
    warned: (problem) => log.warn("link", problem),
    failed: (problem) => log.error("link", problem),
    disconnected: (reason) => log.warn("link", `${reason} Trying again every second.`),
    reconnected() {
      log.info("link", "Connected to the broker again.");
      lifecycle.republish();
    },
    caughtUp: () => void (lamps.isCatchingUp = false),
  };
}
