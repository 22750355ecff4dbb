import { BlockList, isIP } from "node:net";
import { DEFAULT_PREFIX } from "../../../contract/index.js";

/** The channels on which devices and apps speak to the server. */
export const INBOUND = ["telemetry", "status", "replies", "set"] as const;

/** Which devices are this server's on somebody else's broker. */
export interface Scope {
  /** The topic filters to subscribe to. */
  readonly filters: readonly string[];
  /** Whether a device is one of ours. */
  owns(id: string): boolean;
}

/** What stands before `/set` in the topic by which apps override a zone. */
export function zoneId(prefix: string, zone: string): string {
  return `${prefix}/zones/${zone}`;
}

/** The devices `<prefix>/<one level>` and those named one by one: never a stranger's. */
export function scopeOf(prefix: string, ids: readonly string[]): Scope {
  const start = prefix + "/";
  const underPrefix = (id: string): boolean => id.startsWith(start) && !id.includes("/", start.length);
  const named = new Set(ids);
  // a device that the prefix covers already would have each message delivered twice by some brokers
  const roots = [start + "+", ...[...named].filter((id) => !underPrefix(id))];
  return {
    filters: [...roots.flatMap((root) => INBOUND.map((channel) => `${root}/${channel}`)), `${zoneId(prefix, "+")}/set`],
    owns: (id) => underPrefix(id) || named.has(id),
  };
}

/** On its own broker every device is the server's. */
export const EVERYONE: Pick<Scope, "owns"> = { owns: () => true };

/** Whether a topic is one that the server would act upon, were its id in order. */
export function isInbound(topic: string): boolean {
  const slash = topic.lastIndexOf("/");
  return slash >= 0 && (INBOUND as readonly string[]).includes(topic.slice(slash + 1));
}

/** Brokers that let everybody in, by name: a warning only, so that an incomplete list does no harm. */
const PUBLIC_BROKERS = new Set([
  "test.mosquitto.org",
  "test.mosquitto.com",
  "mqtt.eclipseprojects.io",
  "iot.eclipse.org",
  "broker.hivemq.com",
  "broker.mqttdashboard.com",
  "broker.emqx.io",
  "public.mqtthq.com",
  "test.mqtt.org",
  "mqtt.fluux.io",
  "public.cloud.shiftr.io",
  "mqtt.flespi.io",
  "broker.mqtt.cool",
]);

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv6");

/** Whether a host name or address belongs to this machine or a private network. */
export function isPrivateHost(host: string): boolean {
  const version = isIP(host);
  if (version) return PRIVATE.check(host, version === 4 ? "ipv4" : "ipv6");
  return !host.includes(".") || /\.(local|localhost|lan|home|internal|home\.arpa)$/i.test(host);
}

/** A warning for somebody who would share the default prefix with strangers; "" when there is nothing to warn about. */
export function publicBrokerWarning(host: string, prefix: string, hasUser: boolean): string {
  if (prefix !== DEFAULT_PREFIX) return "";
  if (!PUBLIC_BROKERS.has(host.toLowerCase()) && (hasUser || isPrivateHost(host))) return "";
  return (
    `${host} looks like a public broker, where anybody may use the prefix "${DEFAULT_PREFIX}" as well and would share ` +
    `these lights; choose a prefix of your own with --topic-prefix.`
  );
}
