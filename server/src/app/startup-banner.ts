import type { Settings } from "../config/options.js";
import { isLoopback } from "../common/hosts.js";
import { VERSION } from "../common/version.js";

/** The addresses to which clients connect. */
export interface ServerAddresses {
  readonly mqtt: string;
  readonly mqtts: string | undefined;
  readonly websocket: string | undefined;
  readonly http: string | undefined;
}

/**
 * Logs the version, the addresses and the devices, and warns about missing protection.
 * @param closed whether clients need an account
 */
export function logStart(settings: Settings, at: ServerAddresses, closed: boolean): void {
  const { log, host, anonymous, broker, prefix, ids, policy, tls, data } = settings;
  log.info("server", `Nightlight ${VERSION} ${broker ? "has joined" : "carries"} the broker at ${at.mqtt}`, {
    version: VERSION,
    broker: at.mqtt,
    embedded: broker === undefined,
  });
  if (at.mqtts) log.info("server", `MQTT over TLS at ${at.mqtts}`, { mqtts: at.mqtts });
  if (at.websocket) log.info("server", `MQTT over WebSocket at ${at.websocket}`, { websocket: at.websocket });
  if (at.http) log.info("server", `Dashboard and API at ${at.http}`, { http: at.http });
  log.info("server", `Data folder: ${data}`, { data });
  const answering = broker ? [`the devices below ${prefix}/`, ...ids].join(", ") : "every device that reports here";
  const zones = policy.zones.map(({ name }) => name);
  const zoned = zones.length === 0 ? "" : `; zones: ${zones.join(", ")}`;
  log.info("server", `Answering ${answering}${zoned}`, { prefix, zones });
  if (anonymous && !isLoopback(host))
    log.warn("server", `Anybody who reaches ${host} may read and switch these lights, because "anonymous" is on.`);
  if (!closed || isLoopback(host)) return;
  if (!tls) log.warn("server", `Passwords for ${host} go over the network in the clear: there is no TLS certificate.`);
  else if (!broker && !tls.only)
    log.warn(
      "server",
      `Passwords that are sent to ${at.mqtt} go over the network in the clear; "tls > only: true" keeps that port to this machine.`,
    );
}
