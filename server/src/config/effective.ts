/** Converts a validated configuration to options for `startServer`. */
import type { Rule } from "../../../contract/index.js";
import type { AlertSettings } from "../alerts/settings.js";
import { DEFAULT_LOG_MESSAGES } from "../observability/log.js";
import { createScope } from "../transport/scope.js";
import { defaultDataFolder } from "./default-data-folder.js";
import { DEFAULT_OPTIONS, type ServerOptions } from "./options.js";
import {
  DEFAULT_STALE_AFTER,
  type DevicePolicy,
  type Policy,
  type Reporting,
  type ZonePolicy,
} from "../decisions/policy.js";
import type { Environment } from "../common/environment.js";
import { CONFIGURATION_SCHEMA, type Configuration, type ZoneConfiguration } from "./schema.js";

/**
 * Returns the default of `stale_after`, in ms: the time in which a board sends three reports, or `DEFAULT_STALE_AFTER`
 * if that is longer.
 */
function defaultStaleAfterOf({ report, heartbeat, interval }: Configuration["reporting"]): number {
  return Math.max(DEFAULT_STALE_AFTER, 3 * (report === "interval" ? interval : heartbeat));
}

/** Fills in the defaults that depend on other settings. */
export function withDefaults(configuration: Configuration, env: Environment = process.env): Configuration {
  const { rule, reporting, devices, zones, home_assistant } = configuration;
  const completeZone = (name: string, zone: ZoneConfiguration): ZoneConfiguration => ({
    label: name,
    ...rule,
    stale_after: defaultStaleAfterOf(reporting),
    ...zone,
    ...(zone.hours && { hours: { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...zone.hours } }),
  });
  return {
    ...configuration,
    data: configuration.data ?? defaultDataFolder(env),
    log_messages: configuration.log_messages ?? DEFAULT_LOG_MESSAGES[configuration.log],
    devices: mapValues(devices, (id, device) => ({
      label: id,
      ...device,
      ...(device.rule && { rule: { ...rule, ...device.rule } }),
    })),
    zones: mapValues(zones, completeZone),
    home_assistant:
      home_assistant === true ? { discovery_prefix: DEFAULT_OPTIONS.homeAssistant.discoveryPrefix } : home_assistant,
  };
}

function mapValues<T>(record: Record<string, T>, change: (key: string, value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(key, value)]));
}

/** Secrets from the configuration or from the files that it names. */
export interface Secrets {
  readonly password: string | undefined;
  readonly webhookAuthorization: string | undefined;
  readonly ntfyToken: string | undefined;
}

/**
 * Converts a configuration to options for `startServer`.
 * @param configuration with all defaults filled in
 */
export function optionsOf(configuration: Configuration, secrets: Secrets) {
  const { broker, tls, history, home_assistant: homeAssistant, topic_prefix: topicPrefix } = configuration;
  const { session_expiry: sessionExpiry, event_streams: eventStreams, ...limits } = configuration.limits;
  return {
    broker: broker.url,
    username: broker.username,
    password: secrets.password,
    mqttPort: configuration.mqtt_port,
    mqttsPort: configuration.mqtts_port,
    httpPort: configuration.http_port,
    http: configuration.http,
    httpNames: configuration.http_names,
    ingress: configuration.ingress,
    host: configuration.host,
    anonymous: configuration.anonymous,
    tls: tls && {
      cert: tls.cert!,
      key: tls.key!,
      clientCa: tls.client_ca,
      requireClientCertificate: tls.require_client_certificate,
      only: tls.only,
    },
    topicPrefix,
    ids: idsOf(configuration),
    data: configuration.data!,
    state: configuration.state,
    log: configuration.log,
    logMessages: configuration.log_messages,
    policy: policyOf(configuration),
    history: history && {
      url: history.url,
      readings: undefinedIfForever(history.readings),
      switches: undefinedIfForever(history.switches),
    },
    alerts: alertSettingsOf(configuration.alerts, secrets),
    updates: configuration.updates,
    homeAssistant: typeof homeAssistant === "object" && { discoveryPrefix: homeAssistant.discovery_prefix },
    limits: { ...limits, sessionExpiry, eventStreams },
  } satisfies ServerOptions;
}

function alertSettingsOf(
  { after, page, webhook, ntfy }: Configuration["alerts"],
  { webhookAuthorization, ntfyToken }: Secrets,
): AlertSettings {
  return {
    after,
    page,
    webhook: webhook === undefined ? undefined : { url: webhook, authorization: webhookAuthorization },
    ntfy: ntfy === undefined ? undefined : { url: ntfy, token: ntfyToken },
  };
}

/** Converts a retention time for `startServer`: `Infinity`, which means forever, becomes undefined. */
const undefinedIfForever = (ms: number): number | undefined => (ms === Infinity ? undefined : ms);

/**
 * Returns the ids of devices that do not begin with the topic prefix of the remote broker, so that the server
 * subscribes to them one by one. Collects ids from the settings `ids`, `devices` and `zones`.
 */
function idsOf({ broker, topic_prefix, ids, devices, zones }: Configuration): readonly string[] {
  if (broker.url === undefined) return ids;
  const { includesDevice: owns } = createScope(topic_prefix, ids);
  const named = [
    ...Object.keys(devices),
    ...Object.values(zones).flatMap(({ sensors, lamps }) => [...sensors, ...lamps]),
  ];
  return [...ids, ...new Set(named.filter((id) => !owns(id)))];
}

function policyOf({ rule, reporting, devices, zones }: Configuration): Policy {
  return {
    rule,
    reporting: changedReportingOf(reporting),
    devices: new Map(Object.entries(devices).map(([id, device]) => [id, { ...device, rule: device.rule as Rule | undefined } satisfies DevicePolicy])), // prettier-ignore
    zones: Object.entries(zones).map(([name, zone]) => zonePolicyOf(name, zone)),
  };
}

/**
 * Returns the reporting settings that differ from the firmware's defaults. The server sends only these settings to
 * boards.
 */
function changedReportingOf(reporting: Configuration["reporting"]): Reporting {
  const defaults = CONFIGURATION_SCHEMA.parse({}).reporting;
  const entries = Object.entries(reporting).filter(([name, value]) => value !== defaults[name as keyof Reporting]);
  return Object.fromEntries(entries);
}

function zonePolicyOf(name: string, zone: ZoneConfiguration): ZonePolicy {
  const { label, sensors, lamps, combine, at_least = 1, hours } = zone;
  // All settings of the rule are set here, because `withDefaults` has filled in the defaults.
  const { threshold, hysteresis, min_on, min_off } = zone as Rule;
  return {
    name,
    label,
    sensors,
    lamps,
    combine,
    at_least,
    rule: { threshold, hysteresis, min_on, min_off },
    stale_after: zone.stale_after!,
    hours: hours && { ...hours, time_zone: hours.time_zone! },
  };
}
