/** Schema of the configuration file, with purpose, allowed values and default of every setting. */
import { z } from "zod";
import { CONFIG, DEFAULT_CADENCE, LESSON_RULE } from "../../../contract/index.js";
import { HISTORY_SCHEMES } from "../history/open.js";
import { DEFAULT_OPTIONS } from "./options.js";
import { formatDuration } from "../common/duration.js";
import {
  brokerUrlSchema,
  databaseUrlSchema,
  deviceIdSchema,
  deviceIdsSchema,
  durationSchema,
  fileSchema,
  headerValueSchema,
  hostNamesSchema,
  ipAddressSchema,
  lightLevelSchema,
  mappingSchema,
  fieldDurationSchema,
  ntfyUrlSchema,
  choiceSchema,
  pageUrlSchema,
  portSchema,
  textSchema,
  timeOfDaySchema,
  timeZoneSchema,
  topicPrefixSchema,
  webhookUrlSchema,
  wholeNumberSchema,
  booleanSchema,
} from "./fields.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const MILLION = 1_000_000;

/** Returns the schema fields for the settings of a rule. @param suffix appended to each description */
const createRuleFields = (suffix = "") => ({
  threshold: lightLevelSchema(`The lamp is on when the light is below it${suffix}`, CONFIG.threshold),
  hysteresis: lightLevelSchema(`A lamp that is on goes off at threshold + hysteresis${suffix}`, CONFIG.hysteresis),
  min_on: fieldDurationSchema(`Shortest time that a lamp stays on${suffix}`, CONFIG.min_on),
  min_off: fieldDurationSchema(`Shortest time that a lamp stays off${suffix}`, CONFIG.min_off),
});

/** A rule whose settings are optional. The top-level setting `rule` provides missing values. */
const OPTIONAL_RULE_FIELDS = z.object(createRuleFields(" (default: as in rule)")).partial().shape;

const labelSchema = (fallback: string) => textSchema(`Label that people see; default: ${fallback}`, 100).optional();

const ZONE_SCHEMA = mappingSchema({
  label: labelSchema("the name"),
  sensors: deviceIdsSchema("Ids of the devices whose sensors count, at least one", 1),
  lamps: deviceIdsSchema(
    "Ids of the devices whose lamps the zone switches, at least one; a lamp can be in one zone only",
    1,
  ),
  combine: choiceSchema("How the readings of the sensors are combined", ["median", "any", "all", "at_least"]).prefault(
    "median",
  ),
  at_least: wholeNumberSchema("With `combine: at_least`, how many sensors must be dark", 1, 1000).optional(),
  ...OPTIONAL_RULE_FIELDS,
  stale_after: durationSchema(
    "A sensor without a reading for this time is ignored (default: three times the longest time between reports, at least 90 s)",
    SECOND,
    365 * DAY,
  ).optional(),
  hours: mappingSchema({
    from: timeOfDaySchema("Start of the hours in which the rule applies"),
    to: timeOfDaySchema("End of these hours; a time before from is on the next day"),
    time_zone: timeZoneSchema("Time zone of from and to (default: that of this machine)").optional(),
    outside: choiceSchema("State of the lamps outside these hours", ["on", "off"]).prefault("off"),
  })
    .describe("Hours in which the rule applies; default: always.")
    .optional(),
});

const ZONE_NAME_FORM = "letters, digits, - and _, 64 at most";
const ZONE_NAME_SCHEMA = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: ZONE_NAME_FORM });

const DEVICE_SCHEMA = mappingSchema({
  label: labelSchema("the id"),
  rule: mappingSchema(OPTIONAL_RULE_FIELDS).describe("Rule of a device that is in no zone; default: rule.").optional(),
});

const RULE_FIELDS = createRuleFields();
const { limits, history, alerts } = DEFAULT_OPTIONS;
const retentionSchema = (what: string) => durationSchema(what, MINUTE, Infinity);

/** Schema of the configuration file. Decodes durations to ms, and times of day to minutes since midnight. */
export const CONFIGURATION_SCHEMA = mappingSchema({
  broker: mappingSchema({
    url: brokerUrlSchema("Connect to this MQTT broker; default: the embedded broker").optional(),
    username: textSchema("User name for that broker", 1000).optional(),
    password: textSchema("Password for that broker; safer in password_file", 1000).optional(),
    password_file: fileSchema("File with the password in its first line").optional(),
  }).prefault({}),
  host: textSchema("Address to listen on; access from other machines needs accounts", 255).prefault(
    DEFAULT_OPTIONS.host,
  ),
  anonymous: booleanSchema("Whether to allow access without login from every machine that reaches host").prefault(
    false,
  ),
  mqtt_port: portSchema("TCP port of the embedded broker").prefault(DEFAULT_OPTIONS.mqttPort),
  mqtts_port: portSchema("TCP port of MQTT over TLS, if tls is set").prefault(DEFAULT_OPTIONS.mqttsPort),
  http_port: portSchema("TCP port of dashboard, API and MQTT over WebSocket (/mqtt)").prefault(
    DEFAULT_OPTIONS.httpPort,
  ),
  http: booleanSchema("Whether to serve the dashboard, the API and WebSocket").prefault(true),
  http_names: hostNamesSchema(
    "Further host names for HTTP, such as that of a reverse proxy; with them, everybody must log in",
  ).prefault([]),
  ingress: mappingSchema({
    role: choiceSchema("What everybody whom Home Assistant has logged in may do", ["admin", "reader"]).prefault(
      "admin",
    ),
    from: ipAddressSchema("IP address of Home Assistant's Supervisor, the only one that is trusted").prefault(
      "172.30.32.2",
    ),
  })
    .describe("Let Home Assistant's ingress log people in; only for the add-on.")
    .optional(),
  tls: mappingSchema({
    cert: fileSchema("File with the certificate and its intermediate certificates, in PEM").optional(),
    key: fileSchema("File with the certificate's private key, in PEM").optional(),
    client_ca: fileSchema("File with the certificate authorities (CA) of client certificates, in PEM").optional(),
    require_client_certificate: booleanSchema(
      "Whether clients must present a certificate signed by client_ca",
    ).prefault(false),
    only: booleanSchema("Whether MQTT without TLS listens only on loopback, regardless of host").prefault(false),
  })
    .describe("Certificate and key: turn on HTTPS, WSS and MQTT over TLS.")
    .optional(),
  topic_prefix: topicPrefixSchema(
    "On a remote broker, device ids are <prefix>/<name>, and the server status is <prefix>/status",
  ).prefault(DEFAULT_OPTIONS.topicPrefix),
  ids: deviceIdsSchema(
    "Further devices on a remote broker; those in zones and devices are included anyway",
    0,
  ).prefault([]),
  open: booleanSchema(
    "Whether to open the dashboard in the browser when a person starts the server at a terminal",
  ).prefault(true),
  data: fileSchema(
    "Folder for persistent data; default: a folder of this user, such as ~/.local/share/nightlight",
  ).optional(),
  state: databaseUrlSchema(
    "Share the state of devices and zones with other servers at the same broker in this Redis database, redis://user:password@host:port/number",
    ["redis", "rediss"],
    "localhost:6379",
  ).optional(),
  log: choiceSchema("Format of the log", ["pretty", "json"]).prefault("pretty"),
  log_messages: choiceSchema(
    "Which messages to log (condensed: up to 200 per second); default: none, or condensed with log: json",
    ["none", "condensed", "all"],
  ).optional(),
  rule: mappingSchema({
    threshold: RULE_FIELDS.threshold.prefault(LESSON_RULE.threshold),
    hysteresis: RULE_FIELDS.hysteresis.prefault(LESSON_RULE.hysteresis),
    min_on: RULE_FIELDS.min_on.prefault(formatDuration(LESSON_RULE.min_on)),
    min_off: RULE_FIELDS.min_off.prefault(formatDuration(LESSON_RULE.min_off)),
  }).prefault({}),
  reporting: mappingSchema({
    report: choiceSchema(
      "When boards report (change: after a change of the light, interval: regularly)",
      CONFIG.report.values,
    ).prefault(DEFAULT_CADENCE.report),
    interval: fieldDurationSchema("Time between reports with `report: interval`", CONFIG.interval).prefault(
      formatDuration(DEFAULT_CADENCE.interval),
    ),
    sample: fieldDurationSchema("Time between two samples of the sensor", CONFIG.sample).prefault(
      formatDuration(DEFAULT_CADENCE.sample),
    ),
    dead_band: lightLevelSchema(
      "Smallest change of light that is reported with `report: change`",
      CONFIG.dead_band,
    ).prefault(DEFAULT_CADENCE.dead_band),
    heartbeat: fieldDurationSchema("Longest time between two reports with `report: change`", CONFIG.heartbeat).prefault(
      formatDuration(DEFAULT_CADENCE.heartbeat),
    ),
    offline: choiceSchema(
      "Which readings boards send after a lost connection (keep: all of them, latest: only the newest)",
      CONFIG.offline.values,
    ).prefault("keep"),
    alone_after: fieldDurationSchema(
      "Time without a server after which a board decides by itself",
      CONFIG.alone_after,
    ).prefault("10 s"),
  }).prefault({}),
  devices: z
    .record(deviceIdSchema(), DEVICE_SCHEMA, { error: "a mapping of device ids" })
    .describe("Settings of single devices, by device id.")
    .prefault({}),
  zones: z
    .record(ZONE_NAME_SCHEMA, ZONE_SCHEMA, { error: "a mapping of zone names" })
    .describe(`Zones: sensors that together control lamps, by name: ${ZONE_NAME_FORM}.`)
    .prefault({}),
  history: z
    .union(
      [
        z.literal(false),
        mappingSchema({
          url: databaseUrlSchema(
            "Keep the history in this PostgreSQL database, postgres://user:password@host/database, which several servers can share; default: a file in data",
            HISTORY_SCHEMES,
            "nightlight@localhost/nightlight",
          ).optional(),
          readings: retentionSchema("How long readings are kept").prefault(formatDuration(history.readings)),
          switches: retentionSchema("How long lamp switches and their reasons are kept").prefault(
            formatDuration(history.switches),
          ),
        }),
      ],
      { error: "false, or a mapping of settings (url, readings, switches)" },
    )
    .describe("History of readings and lamp switches; false turns it off.")
    .prefault({}),
  home_assistant: z
    .union(
      [
        z.boolean(),
        mappingSchema({
          discovery_prefix: topicPrefixSchema("Topic prefix at which Home Assistant looks for devices").prefault(
            DEFAULT_OPTIONS.homeAssistant.discoveryPrefix,
          ),
        }),
      ],
      { error: "true, false, or a mapping of settings (discovery_prefix)" },
    )
    .describe("MQTT discovery for Home Assistant: true, false, or its topic prefix.")
    .prefault(true),
  alerts: mappingSchema({
    after: durationSchema("How long a problem must last before it raises an alert", SECOND, DAY).prefault(
      formatDuration(alerts.after),
    ),
    page: pageUrlSchema("Address of the dashboard, for links in messages").optional(),
    webhook: webhookUrlSchema("Send alerts to this URL, as JSON by POST").optional(),
    webhook_authorization: headerValueSchema(
      "Value of the header Authorization for that URL; safer in webhook_authorization_file",
    ).optional(),
    webhook_authorization_file: fileSchema("File with this value in its first line").optional(),
    ntfy: ntfyUrlSchema("Send alerts to this topic of ntfy, as push messages").optional(),
    ntfy_token: headerValueSchema("Access token of ntfy; safer in ntfy_token_file").optional(),
    ntfy_token_file: fileSchema("File with the token in its first line").optional(),
  }).prefault({}),
  updates: mappingSchema({
    folder: fileSchema(
      "Folder with the programs for boards, each in a subfolder with firmware.json; default: the programs of this version",
    ).optional(),
  }).prefault({}),
  limits: mappingSchema({
    payload: wholeNumberSchema("Longest payload that a client may publish, in bytes", 1024, 256 * MILLION).prefault(
      limits.payload,
    ),
    connections: wholeNumberSchema("Simultaneous connections to the broker", 1, MILLION).prefault(limits.connections),
    subscriptions: wholeNumberSchema("Subscriptions of one client", 1, MILLION).prefault(limits.subscriptions),
    rate: wholeNumberSchema("Messages that one client may publish per second, on average", 1, MILLION).prefault(
      limits.rate,
    ),
    queue: wholeNumberSchema("Queued messages for one disconnected client", 1, MILLION).prefault(limits.queue),
    sessions: wholeNumberSchema("Sessions that one account may have", 1, MILLION).prefault(limits.sessions),
    session_expiry: retentionSchema("How long a session is kept while its client is disconnected").prefault(
      formatDuration(limits.sessionExpiry),
    ),
    event_streams: wholeNumberSchema(
      "Live event streams (dashboard, /api/events) of one account, or of one address if there are no accounts; the limit for all together is four times as high",
      1,
      10_000,
    ).prefault(limits.eventStreams),
    requests: wholeNumberSchema("Simultaneous HTTP requests of one account or address", 1, 10_000).prefault(
      limits.requests,
    ),
  }).prefault({}),
});

/** A validated configuration. Durations are in ms; `Infinity` means forever. */
export type Configuration = z.output<typeof CONFIGURATION_SCHEMA>;
export type ZoneConfiguration = Configuration["zones"][string];

/** Returns the JSON Schema of the configuration file, with which text editors complete and check settings. */
export function createJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(CONFIGURATION_SCHEMA, { io: "input", target: "draft-7" });
  return { ...schema, title: "Configuration of nightlight-server" };
}
