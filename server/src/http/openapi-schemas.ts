import { OVERRIDE } from "../../../contract/index.js";
import type { Counters } from "../observability/counters.js";
import type { DeviceView } from "../devices/devices.js";
import type { Bucket, HistoryAnswer, HistorySwitch } from "../history/history.js";
import { REJECTION_TEXTS } from "./metrics/rejections.js";
import type { Point } from "../history/recent.js";
import type { ZoneHours, ZoneSensor, ZoneView } from "../decisions/zones/view.js";
import type { StorageView } from "../storage/health.js";
import { ACTION_REQUEST_FIELDS } from "./actions.js";
import {
  count,
  flag,
  light,
  listOf,
  isoTime,
  objectOf,
  oneOf,
  orNull,
  schemaRef,
  schemaOf,
  text,
  unixTime,
  type Schema,
} from "./openapi-fields.js";
import type { LoginSessionView } from "./login.js";
import type { NewBoardView } from "./new-board-view.js";
import { END_REASON_SCHEMA } from "./openapi-accounts.js";
import { OUTCOME_SCHEMA } from "./openapi-outcomes.js";

const MODES = OVERRIDE.mode.values;
const SWITCH_CAUSES = ["server", "person", "device"] satisfies HistorySwitch["by"][];

const deviceSchema = objectOf<DeviceView>(
  "A board, or a program that sends the same messages.",
  {
    id: text("The id of the device, which begins its MQTT topics: `<id>/telemetry`."),
    online: flag(
      "Whether the device is online, according to its status. A lesson device has no status; it is online if it sent a message in the last 60 s.",
    ),
    light: orNull(
      light("The newest reading, which may be older than the last restart of the server; null when there is none."),
    ),
    led_on: orNull(
      flag(
        "Whether the lamp is on, according to the last command or to the report of a board that decides on its own; null when unknown.",
      ),
    ),
    blinking: flag("Whether the lamp blinks to identify the board. `led_on` does not change while it blinks."),
    decided_by: oneOf(
      ["server", "device"],
      "Who decides about the lamp: `device` while the board works without the server.",
    ),
    last_seen: orNull(
      isoTime(
        "When the device last sent a message, or when `light` was measured if the server restarted since; null when never.",
      ),
    ),
    since: orNull(
      isoTime("When the device last came online or went offline; null when that was before the server started."),
    ),
    missing: count("Number of readings since the last boot of the device that did not arrive."),
    dropped: count("Number of readings that the device reports as lost because its memory was full."),
    mode: oneOf(MODES, "`auto`, or a person's override."),
    until: orNull(isoTime("When the override ends; null when it has no end, or there is no override.")),
    reason: orNull(text("Why the lamp is on or off, as a sentence; null when nothing was decided yet.")),
    label: text("The display name. Defaults to the id."),
    zone: orNull(text("The zone that controls the lamp; null when the device's own sensor controls it.")),
    threshold: light("The lamp goes on below this light level."),
    hysteresis: light("The lamp goes off at a light level of `threshold` + `hysteresis` and above."),
    heartbeat: count("Maximum time between two readings of the device, in ms."),
    config_applied: orNull(
      flag("Whether the board has applied the present rule and reporting parameters; null when it does not report it."),
    ),
    board: text("The type of the board. A lesson device has no such field."),
    firmware: text("The version of the firmware. A lesson device has no such field."),
  },
  ["board", "firmware"],
);

const zoneSchema = objectOf<ZoneView>("A group of sensors that together control lamps.", {
  name: text("The name of the zone in the configuration."),
  label: text("The display name."),
  combine: oneOf(
    ["median", "any", "all", "at_least"] satisfies ZoneView["combine"][],
    "How the zone combines its sensors: `median` uses the median of their levels; otherwise any, all or at least `at_least` of them must be dark.",
  ),
  at_least: count("Minimum number of dark sensors when `combine` is `at_least`."),
  sensors: listOf(schemaRef("ZoneSensor")),
  lamps: listOf(text("The id of a device whose lamp the zone controls.")),
  threshold: light("The lamps go on below this light level."),
  hysteresis: light("The lamps go off at a light level of `threshold` + `hysteresis` and above."),
  hours: orNull(schemaRef("ZoneHours")),
  light: orNull(light("The combined light level; null when too few sensors have a recent reading.")),
  led_on: orNull(flag("Whether the lamps should be on; null when nothing was decided yet.")),
  mode: oneOf(MODES, "`auto`, or a person's override."),
  until: orNull(isoTime("When the override ends; null when it has no end, or there is no override.")),
  reason: orNull(text("Why the lamps are on or off, as a sentence; null when nothing was decided yet.")),
});

const counterSchemas = {
  received: count("Valid messages, duplicates included."),
  sent: count("Commands published to lamps."),
  rejected: {
    type: "object",
    description: "Rejected messages by reason. Reasons without a message are missing.",
    properties: Object.fromEntries(Object.entries(REJECTION_TEXTS).map(([reason, why]) => [reason, count(`${why}.`)])),
  },
  duplicates: count("Readings that were delivered more than once."),
  refused: count("Readings used for a decision but not acknowledged, because too many waited to be stored."),
} satisfies Readonly<Record<keyof Counters, Schema>>;

const TIMESTAMP_SCHEMA = unixTime("In ms since 1970.");

/** Schemas of request and response bodies, by name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: objectOf<{ error: string }>("An error: what is wrong and what to do.", { error: text("A sentence.") }),
  Health: objectOf<{ ok: boolean; error?: string }>(
    "The health of the server.",
    { ok: flag("Whether the server works."), error: text("Why the server does not work, as a sentence.") },
    ["error"],
  ),
  Device: deviceSchema,
  Zone: zoneSchema,
  ZoneHours: objectOf<ZoneHours>("The hours in which a zone follows its rule. null when it always does.", {
    from: text("When the hours begin, as `hh:mm`."),
    to: text("When the hours end, as `hh:mm`. Hours with `from` after `to` span midnight."),
    time_zone: text("The IANA time zone of the hours, for example `Europe/Berlin`."),
    outside: oneOf(["on", "off"], "Whether the lamps are always on or always off outside the hours."),
  }),
  ZoneSensor: objectOf<ZoneSensor>("A sensor of a zone.", {
    id: text("The id of the device."),
    light: orNull(light("The newest reading; null when there is none.")),
    stale: flag("Whether the zone ignores the sensor because its last reading is too old."),
  }),
  Override: schemaOf("A mode that a person sets for a lamp or for the lamps of a zone.", OVERRIDE, {
    mode: "`auto` lets the rule decide.",
    for: "Duration in ms, after which the mode returns to `auto`. Without it, the mode stays until somebody changes it.",
  }),
  Request: schemaOf("An action for a device.", ACTION_REQUEST_FIELDS, {
    action: "`report`: send measurements and counters. `identify`: blink. `reboot`: restart.",
    expires: "Time until the action expires, in s. Defaults to 60.",
  }),
  Outcome: OUTCOME_SCHEMA,
  Point: objectOf<Point>("A reading.", {
    time: TIMESTAMP_SCHEMA,
    light: light("The reading."),
    led_on: orNull(flag("Whether the lamp was on after the reading; null when unknown.")),
  }),
  History: objectOf<HistoryAnswer>("The light and lamp of a device over time.", {
    points: listOf(schemaRef("Bucket")),
    led_on: orNull(flag("Whether the lamp was on at `from`; null when unknown.")),
    switches: { ...listOf(schemaRef("Switch")), description: "Lamp switches, oldest first; only the latest 5,000." },
    step: {
      type: "number",
      minimum: 0,
      description: "Length of a bucket in ms; 0 when each bucket is a single reading.",
    },
  }),
  Bucket: objectOf<Bucket>("Readings of one time interval. Intervals without readings have no bucket.", {
    time: unixTime("When the first reading of the bucket was taken, in ms since 1970."),
    min: light("The darkest reading."),
    max: light("The brightest reading."),
    last: light("The last reading."),
    count: { type: "integer", minimum: 1, description: "Number of readings." },
  }),
  Switch: objectOf<HistorySwitch>("A change of a lamp.", {
    time: TIMESTAMP_SCHEMA,
    led_on: flag("Whether the lamp is on after the change."),
    by: oneOf(SWITCH_CAUSES, "Who switched the lamp: the server's rule, a person, or the board on its own."),
    reason: text('Why the lamp was switched, as a sentence; "" when unknown.'),
  }),
  Status: {
    type: "object",
    description: "The state of the server.",
    properties: {
      version: text("The version of the server."),
      uptime: { type: "number", minimum: 0, description: "Time since the server started, in s." },
      broker: objectOf<{ url: string; websocket: string | null; embedded: boolean }>("The broker.", {
        url: text("URL for MQTT clients."),
        websocket: orNull(text("URL for MQTT over WebSocket; null with an external broker.")),
        embedded: flag("Whether the broker is embedded in the server."),
      }),
      contested_client_ids: {
        ...listOf(schemaRef("ContestedClientId")),
        description: "Client ids that two clients use at the same time; empty with an external broker.",
      },
      ...counterSchemas,
      log_lines_lost: count("Log lines that could not be written."),
      damaged_files: count("Damaged files found in the data folder since the start; the log names them."),
      storage: objectOf<StorageView>("The state of the data folder and the history.", {
        problem: orNull(text("What cannot be written and what to do about it; null when there is no problem.")),
        failures: count("Failed attempts to write to the data folder."),
        readings_unacknowledged: count("Readings that are not acknowledged, because they cannot be stored yet."),
      }),
      devices: count("Number of devices."),
      simulator: flag("Whether this server can simulate boards."),
    },
    required: [
      "version",
      "uptime",
      "broker",
      "contested_client_ids",
      ...Object.keys(counterSchemas),
      "log_lines_lost",
      "damaged_files",
      "devices",
      "simulator",
    ],
  },
  NewBoard: objectOf<NewBoardView>("What somebody needs to connect a new board.", {
    addresses: {
      ...listOf(text("A URL such as `mqtt://192.168.1.20:1883`.")),
      description:
        "URLs of the broker for boards on this network, the most likely one first; empty when only this machine can reach the broker.",
    },
    local: text("URL of the broker for programs on the server's machine."),
    embedded: flag("Whether the broker is embedded in the server; another broker has its own accounts."),
    account_required: flag("Whether a board needs an account of this server."),
    topic_prefix: text("Beginning of the ids of boards, without the slash."),
    start_command: orNull(text("The command that started this server, to which flags can be added; null if unknown.")),
    simulator: flag("Whether this server can simulate boards: `POST /api/simulator/boards`."),
  }),
  Login: objectOf<{ name: string; password: string }>("The credentials of a user.", {
    name: text("The user's name."),
    password: { type: "string", format: "password" },
  }),
  Session: objectOf<LoginSessionView>(
    "Who is logged in.",
    {
      name: orNull(text("The user's name; null when nobody is logged in.")),
      role: orNull(oneOf(["admin", "reader"], "An admin may change everything, a reader may only read.")),
      required: flag("Whether the server requires a login."),
      first_administrator_missing: flag(
        "Whether nobody has an account, so that the first administrator can be created; left out otherwise.",
      ),
      ended: END_REASON_SCHEMA,
    },
    ["first_administrator_missing", "ended"],
  ),
  Events: objectOf<{
    devices: 1;
    device: 1;
    zones: 1;
    zone: 1;
    alerts: 1;
    alert: 1;
    forgotten: 1;
    settings: 1;
    storage: 1;
  }>(
    "The data of each kind of event, by the event's name. Plug-ins add their own.",
    {
      devices: { ...listOf(schemaRef("Device")), description: "All devices, at the start of the stream." },
      device: {
        ...schemaRef("Device"),
        description: "A device that sent a reading or changed; at most once in 50 ms.",
      },
      zones: {
        ...listOf(schemaRef("Zone")),
        description: "All zones, at the start of the stream and after a change of the configuration.",
      },
      zone: { ...schemaRef("Zone"), description: "A zone that changed." },
      alerts: { ...listOf(schemaRef("Alert")), description: "All alerts, at the start of the stream." },
      alert: { ...schemaRef("Alert"), description: "An alert that was raised, changed or resolved." },
      forgotten: objectOf<{ id: string }>("A device that was forgotten.", { id: text("The id of the device.") }),
      settings: schemaRef("SettingsEvent"),
      storage: objectOf<Pick<StorageView, "problem">>("The data folder became unwritable, or writable again.", {
        problem: orNull(text("The problem and what to do about it; null when the data folder is writable.")),
      }),
    },
    ["devices", "device", "zones", "zone", "alerts", "alert", "forgotten", "settings", "storage"],
  ),
};
