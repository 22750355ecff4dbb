import { BlockList, isIP } from "node:net";
import { DEFAULT_PREFIX } from "../../../contract/index.js";

/** Last topic levels of the messages that devices and apps send to the server. */
export const INBOUND_CHANNELS = ["telemetry", "status", "replies", "set"] as const;

/** The devices that this server serves on a remote broker. */
export interface Scope {
  /** Topic filters to subscribe to. */
  readonly filters: readonly string[];
  /** Returns whether this server serves a device. */
  includesDevice(id: string): boolean;
}

/** Returns the topic of a zone without the last level. Apps override a zone on `<prefix>/zones/<zone>/set`. */
export function zoneIdOf(prefix: string, zone: string): string {
  return `${prefix}/zones/${zone}`;
}

/**
 * Creates the scope of a server on a remote broker: all devices `<prefix>/<name>`, and the listed ids. Devices of other
 * people on the same broker stay outside.
 */
export function createScope(prefix: string, ids: readonly string[]): Scope {
  const start = prefix + "/";
  const isUnderPrefix = (id: string): boolean => id.startsWith(start) && !id.includes("/", start.length);
  const listed = new Set(ids);
  // leave out ids that the wildcard covers: some brokers deliver a message for each overlapping subscription
  const roots = [start + "+", ...[...listed].filter((id) => !isUnderPrefix(id))];
  return {
    filters: [
      ...roots.flatMap((root) => INBOUND_CHANNELS.map((channel) => `${root}/${channel}`)),
      `${zoneIdOf(prefix, "+")}/set`,
    ],
    includesDevice: (id) => isUnderPrefix(id) || listed.has(id),
  };
}

/** Returns whether the last level of a topic is one of `INBOUND_CHANNELS`. */
export function isInboundTopic(topic: string): boolean {
  const slash = topic.lastIndexOf("/");
  return slash >= 0 && (INBOUND_CHANNELS as readonly string[]).includes(topic.slice(slash + 1));
}

/** Host names of public test brokers. The list only causes a warning, so it need not be complete. */
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

/** Address ranges of loopback, link-local and private networks. */
const PRIVATE_RANGES = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE_RANGES.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE_RANGES.addSubnet(net, bits, "ipv6");

/** Returns whether a host name or address belongs to this machine or a private network. */
export function isPrivateHost(host: string): boolean {
  const version = isIP(host);
  if (version) return PRIVATE_RANGES.check(host, version === 4 ? "ipv4" : "ipv6");
  return !host.includes(".") || /\.(local|localhost|lan|home|internal|home\.arpa)$/i.test(host);
}

/**
 * Warns about the default topic prefix on a public broker, where strangers may use the same topics.
 * @returns the warning, or "" when there is none
 */
export function createPublicBrokerWarning(host: string, prefix: string, hasUser: boolean): string {
  if (prefix !== DEFAULT_PREFIX) return "";
  if (!PUBLIC_BROKERS.has(host.toLowerCase()) && (hasUser || isPrivateHost(host))) return "";
  return (
    `${host} looks like a public broker, where anybody may use the prefix "${DEFAULT_PREFIX}" as well and control ` +
    `these lights; choose a prefix of your own with --topic-prefix.`
  );
}
