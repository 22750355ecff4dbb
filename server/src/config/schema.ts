/** Every setting of the configuration file: what it is for, what is allowed, and its default. */
import { z } from "zod";
import { CONFIG, DEFAULT_CADENCE, LESSON_RULE } from "../../../contract/index.js";
import { HISTORY_SCHEMES } from "../history/open.js";
import { DEFAULTS } from "./options.js";
import { formatDuration } from "../common/duration.js";
import {
  brokerUrl,
  databaseUrl,
  deviceId,
  deviceIds,
  duration,
  file,
  hostNames,
  lightLevel,
  mapping,
  messageTime,
  oneOf,
  port,
  text,
  timeOfDay,
  timeZone,
  topicPrefix,
  wholeNumber,
  yesOrNo,
} from "./fields.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const MILLION = 1_000_000;

/** What a rule is made of. @param unless what its description ends with */
const ruleOf = (unless = "") => ({
  threshold: lightLevel(`The lamp is on when the light is below it${unless}`, CONFIG.threshold),
  hysteresis: lightLevel(`A lamp that is on goes off at threshold + hysteresis${unless}`, CONFIG.hysteresis),
  min_on: messageTime(`The shortest time on${unless}`, CONFIG.min_on),
  min_off: messageTime(`The shortest time off${unless}`, CONFIG.min_off),
});

/** A rule of which what is not given comes from `rule`. */
const OWN_RULE = z.object(ruleOf("; as in rule unless given")).partial().shape;

const label = (unless: string) => text(`What people read; ${unless} unless given`, 100).optional();

const ZONE = mapping({
  label: label("the name"),
  sensors: deviceIds("Ids of the devices whose light counts, one at least", 1),
  lamps: deviceIds("Ids of the devices whose lamps it switches, one at least; a lamp is in one zone at most", 1),
  combine: oneOf("How the sensors decide together", ["median", "any", "all", "at_least"]).prefault("median"),
  at_least: wholeNumber(
    "With `combine: at_least`, how many sensors must be dark, no more than there are",
    1,
    1000,
  ).optional(),
  ...OWN_RULE,
  stale_after: duration(
    "A sensor that has been silent for so long is left out; three times the longest silence of reporting unless given, 90 s at least",
    SECOND,
    365 * DAY,
  ).optional(),
  hours: mapping({
    from: timeOfDay("When the lamps may begin to be on"),
    to: timeOfDay("When that ends; before from, it is on the next day"),
    time_zone: timeZone("Whose clock counts; this machine's unless given").optional(),
    outside: oneOf("What the lamps are outside these hours", ["on", "off"]).prefault("off"),
  })
    .describe("When the rule decides; always unless given.")
    .optional(),
});

const ZONE_NAME = "letters, digits, - and _, 64 at most";
const zoneName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: ZONE_NAME });

const DEVICE = mapping({
  label: label("the id"),
  rule: mapping(OWN_RULE)
    .describe("By which it decides for itself, when it is in no zone; rule unless given.")
    .optional(),
});

const RULE = ruleOf();
const { limits, history } = DEFAULTS;
const keep = (what: string) => duration(what, MINUTE, Infinity);

/** The configuration file. What it gives is in ms, and minutes since midnight. */
export const CONFIGURATION = mapping({
  broker: mapping({
    url: brokerUrl("Join this MQTT broker; without it the server carries its own").optional(),
    username: text("User name at that broker", 1000).optional(),
    password: text("Password at that broker; better in password_file", 1000).optional(),
    password_file: file("File with that password in its first line").optional(),
  }).prefault({}),
  host: text("Address to listen on; beyond this machine accounts are needed", 255).prefault(DEFAULTS.host),
  anonymous: yesOrNo("Whether anybody who reaches host is let in").prefault(false),
  mqtt_port: port("TCP port of the server's own broker").prefault(DEFAULTS.mqttPort),
  mqtts_port: port("TCP port of MQTT over TLS, with tls").prefault(DEFAULTS.mqttsPort),
  http_port: port("TCP port of dashboard, API and MQTT over WebSocket (/mqtt)").prefault(DEFAULTS.httpPort),
  http: yesOrNo("Whether there is a dashboard, an API and WebSocket at all").prefault(true),
  http_names: hostNames(
    "Further host names by which HTTP is reached, such as a proxy's; then everybody must log in",
  ).prefault([]),
  tls: mapping({
    cert: file("File with the certificate, and those between it and its authority, in PEM").optional(),
    key: file("File with the certificate's private key, in PEM").optional(),
    client_ca: file("File with the authorities of clients' certificates, in PEM").optional(),
    require_client_certificate: yesOrNo("Whether a client must show a certificate of client_ca").prefault(false),
    only: yesOrNo("Whether MQTT without TLS is for this machine alone, whatever host says").prefault(false),
  })
    .describe("Certificate and key: then HTTP is HTTPS, WebSocket is WSS, and there is MQTT over TLS.")
    .optional(),
  topic_prefix: topicPrefix(
    "Devices are <prefix>/<name> on a broker that is joined; the server's status is <prefix>/status",
  ).prefault(DEFAULTS.topicPrefix),
  ids: deviceIds("Further devices on a broker that is joined; those of zones and devices are known", 0).prefault([]),
  data: file("Folder for what must survive a restart").prefault(DEFAULTS.data),
  state: databaseUrl(
    "Share what is known of devices and zones with other servers at the same broker, in this Redis, redis://user:password@host:port/number",
    ["redis", "rediss"],
    "localhost:6379",
  ).optional(),
  log: oneOf("How the log is written", ["pretty", "json"]).prefault("pretty"),
  log_messages: oneOf(
    "Whether every message has a line in the log, or only the first 200 of each second, with a summary of the others",
    ["condensed", "all"],
  ).prefault("condensed"),
  rule: mapping({
    threshold: RULE.threshold.prefault(LESSON_RULE.threshold),
    hysteresis: RULE.hysteresis.prefault(LESSON_RULE.hysteresis),
    min_on: RULE.min_on.prefault(formatDuration(LESSON_RULE.min_on)),
    min_off: RULE.min_off.prefault(formatDuration(LESSON_RULE.min_off)),
  }).prefault({}),
  reporting: mapping({
    report: oneOf("Whether boards report when the light changed, or regularly", CONFIG.report.values).prefault(
      DEFAULT_CADENCE.report,
    ),
    interval: messageTime("Time between reports with `report: interval`", CONFIG.interval).prefault(
      formatDuration(DEFAULT_CADENCE.interval),
    ),
    sample: messageTime("Time between two looks at the sensor", CONFIG.sample).prefault(
      formatDuration(DEFAULT_CADENCE.sample),
    ),
    dead_band: lightLevel(
      "How far the light must move to be reported with `report: change`",
      CONFIG.dead_band,
    ).prefault(DEFAULT_CADENCE.dead_band),
    heartbeat: messageTime("The longest silence with `report: change`", CONFIG.heartbeat).prefault(
      formatDuration(DEFAULT_CADENCE.heartbeat),
    ),
    offline: oneOf(
      "Whether all readings that could not be sent are sent later, or the last",
      CONFIG.offline.values,
    ).prefault("keep"),
    alone_after: messageTime("After how long without a server a board decides for itself", CONFIG.alone_after).prefault(
      "10 s",
    ),
  }).prefault({}),
  devices: z
    .record(deviceId(), DEVICE, { error: "a mapping of device ids" })
    .describe("What is particular to a device, by its id.")
    .prefault({}),
  zones: z
    .record(zoneName, ZONE, { error: "a mapping of zone names" })
    .describe(`Sensors that decide together for lamps, by name: ${ZONE_NAME}.`)
    .prefault({}),
  history: z
    .union(
      [
        z.literal(false),
        mapping({
          url: databaseUrl(
            "Keep it in this PostgreSQL database, postgres://user:password@host/database, which several servers may share; without it, in a file of data",
            HISTORY_SCHEMES,
            "nightlight@localhost/nightlight",
          ).optional(),
          readings: keep("How long readings are kept").prefault(formatDuration(history.readings)),
          switches: keep("How long it is known when a lamp was switched, and why").prefault(
            formatDuration(history.switches),
          ),
        }),
      ],
      { error: "false, or a mapping of settings (url, readings, switches)" },
    )
    .describe("What is remembered of readings and lamps; false: nothing.")
    .prefault({}),
  home_assistant: z
    .union(
      [
        z.boolean(),
        mapping({
          discovery_prefix: topicPrefix("Where Home Assistant looks for devices").prefault(
            DEFAULTS.homeAssistant.discoveryPrefix,
          ),
        }),
      ],
      { error: "true, false, or a mapping of settings (discovery_prefix)" },
    )
    .describe("Whether Home Assistant finds the boards by MQTT discovery: true, false, or where it looks.")
    .prefault(true),
  limits: mapping({
    payload: wholeNumber("The longest payload that a client may publish, in bytes", 1024, 256 * MILLION).prefault(
      limits.payload,
    ),
    connections: wholeNumber("Connections to the broker at once", 1, MILLION).prefault(limits.connections),
    subscriptions: wholeNumber("Subscriptions of one client", 1, MILLION).prefault(limits.subscriptions),
    rate: wholeNumber("Messages that one client may publish in a second, on average", 1, MILLION).prefault(limits.rate),
    queue: wholeNumber("Messages that wait for one client that is away", 1, MILLION).prefault(limits.queue),
    sessions: wholeNumber("Sessions that one account may have", 1, MILLION).prefault(limits.sessions),
    session_expiry: keep("How long a session is kept while its client is away").prefault(
      formatDuration(limits.sessionExpiry),
    ),
    event_streams: wholeNumber(
      "Live event streams (dashboard, /api/events) of one account, or of one address where nobody has an account; all together may have four times as many",
      1,
      10_000,
    ).prefault(limits.eventStreams),
    requests: wholeNumber(
      "HTTP requests of one account or address that are being answered at once",
      1,
      10_000,
    ).prefault(limits.requests),
  }).prefault({}),
});

/** A configuration that was checked; times in ms, `Infinity` for ever. */
export type Configuration = z.output<typeof CONFIGURATION>;
export type ZoneConfiguration = Configuration["zones"][string];

/** A JSON Schema of the file, for editors. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(CONFIGURATION, { io: "input", target: "draft-7" });
  return { ...schema, title: "Configuration of nightlight-server" };
}
