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
  countSchema,
  booleanSchema,
  lightSchema,
  listSchema,
  isoTimeSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  fieldsSchema,
  textSchema,
  unixTimeSchema,
  type Schema,
} from "./openapi-fields.js";
import type { LoginSessionView } from "./login.js";
import type { NewBoardView } from "./new-board-view.js";
import { END_REASON_SCHEMA } from "./openapi-accounts.js";
import { OUTCOME_SCHEMA } from "./openapi-outcomes.js";

const MODES = OVERRIDE.mode.values;
const SWITCH_CAUSES = ["server", "person", "device"] satisfies HistorySwitch["by"][];

const deviceSchema = objectSchema<DeviceView>(
  "A board, or a program that sends the same messages.",
  {
    id: textSchema("The id of the device, which begins its MQTT topics: `<id>/telemetry`."),
    online: booleanSchema(
      "Whether the device is online, according to its status. A lesson device has no status; it is online if it sent a message in the last 60 s.",
    ),
    light: nullableSchema(
      lightSchema(
        "The newest reading, which may be older than the last restart of the server; null when there is none.",
      ),
    ),
    led_on: nullableSchema(
      booleanSchema(
        "Whether the lamp is on, according to the last command or to the report of a board that decides on its own; null when unknown.",
      ),
    ),
    blinking: booleanSchema("Whether the lamp blinks to identify the board. `led_on` does not change while it blinks."),
    decided_by: choiceSchema(
      ["server", "device"],
      "Who decides about the lamp: `device` while the board works without the server.",
    ),
    last_seen: nullableSchema(
      isoTimeSchema(
        "When the device last sent a message, or when `light` was measured if the server restarted since; null when never.",
      ),
    ),
    since: nullableSchema(
      isoTimeSchema("When the device last came online or went offline; null when that was before the server started."),
    ),
    missing: countSchema("Number of readings since the last boot of the device that did not arrive."),
    dropped: countSchema("Number of readings that the device reports as lost because its memory was full."),
    mode: choiceSchema(MODES, "`auto`, or a person's override."),
    until: nullableSchema(isoTimeSchema("When the override ends; null when it has no end, or there is no override.")),
    reason: nullableSchema(textSchema("Why the lamp is on or off, as a sentence; null when nothing was decided yet.")),
    label: textSchema("The display name. Defaults to the id."),
    zone: nullableSchema(textSchema("The zone that controls the lamp; null when the device's own sensor controls it.")),
    threshold: lightSchema("The lamp goes on below this light level."),
    hysteresis: lightSchema("The lamp goes off at a light level of `threshold` + `hysteresis` and above."),
    heartbeat: countSchema("Maximum time between two readings of the device, in ms."),
    config_applied: nullableSchema(
      booleanSchema(
        "Whether the board has applied the present rule and reporting parameters; null when it does not report it.",
      ),
    ),
    board: textSchema("The type of the board. A lesson device has no such field."),
    firmware: textSchema("The version of the firmware. A lesson device has no such field."),
    update: {
      ...schemaReference("DeviceUpdate"),
      description: "The program update of the device; left out if there was none and the server has no program for it.",
    },
  },
  ["board", "firmware", "update"],
);

const zoneSchema = objectSchema<ZoneView>("A group of sensors that together control lamps.", {
  name: textSchema("The name of the zone in the configuration."),
  label: textSchema("The display name."),
  combine: choiceSchema(
    ["median", "any", "all", "at_least"] satisfies ZoneView["combine"][],
    "How the zone combines its sensors: `median` uses the median of their levels; otherwise any, all or at least `at_least` of them must be dark.",
  ),
  at_least: countSchema("Minimum number of dark sensors when `combine` is `at_least`."),
  sensors: listSchema(schemaReference("ZoneSensor")),
  lamps: listSchema(textSchema("The id of a device whose lamp the zone controls.")),
  threshold: lightSchema("The lamps go on below this light level."),
  hysteresis: lightSchema("The lamps go off at a light level of `threshold` + `hysteresis` and above."),
  hours: nullableSchema(schemaReference("ZoneHours")),
  light: nullableSchema(lightSchema("The combined light level; null when too few sensors have a recent reading.")),
  led_on: nullableSchema(booleanSchema("Whether the lamps should be on; null when nothing was decided yet.")),
  mode: choiceSchema(MODES, "`auto`, or a person's override."),
  until: nullableSchema(isoTimeSchema("When the override ends; null when it has no end, or there is no override.")),
  reason: nullableSchema(textSchema("Why the lamps are on or off, as a sentence; null when nothing was decided yet.")),
});

const counterSchemas = {
  received: countSchema("Valid messages, duplicates included."),
  sent: countSchema("Commands published to lamps."),
  rejected: {
    type: "object",
    description: "Rejected messages by reason. Reasons without a message are missing.",
    properties: Object.fromEntries(
      Object.entries(REJECTION_TEXTS).map(([reason, why]) => [reason, countSchema(`${why}.`)]),
    ),
  },
  duplicates: countSchema("Readings that were delivered more than once."),
  refused: countSchema("Readings used for a decision but not acknowledged, because too many waited to be stored."),
} satisfies Readonly<Record<keyof Counters, Schema>>;

const TIMESTAMP_SCHEMA = unixTimeSchema("In ms since 1970.");

/** Schemas of request and response bodies, by name. */
export const COMPONENT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: objectSchema<{ error: string }>("An error: what is wrong and what to do.", {
    error: textSchema("A sentence."),
  }),
  Health: objectSchema<{ ok: boolean; error?: string }>(
    "The health of the server.",
    {
      ok: booleanSchema("Whether the server works."),
      error: textSchema("Why the server does not work, as a sentence."),
    },
    ["error"],
  ),
  Device: deviceSchema,
  Zone: zoneSchema,
  ZoneHours: objectSchema<ZoneHours>("The hours in which a zone follows its rule. null when it always does.", {
    from: textSchema("When the hours begin, as `hh:mm`."),
    to: textSchema("When the hours end, as `hh:mm`. Hours with `from` after `to` span midnight."),
    time_zone: textSchema("The IANA time zone of the hours, for example `Europe/Berlin`."),
    outside: choiceSchema(["on", "off"], "Whether the lamps are always on or always off outside the hours."),
  }),
  ZoneSensor: objectSchema<ZoneSensor>("A sensor of a zone.", {
    id: textSchema("The id of the device."),
    light: nullableSchema(lightSchema("The newest reading; null when there is none.")),
    stale: booleanSchema("Whether the zone ignores the sensor because its last reading is too old."),
  }),
  Override: fieldsSchema("A mode that a person sets for a lamp or for the lamps of a zone.", OVERRIDE, {
    mode: "`auto` lets the rule decide.",
    for: "Duration in ms, after which the mode returns to `auto`. Without it, the mode stays until somebody changes it.",
  }),
  Request: fieldsSchema("An action for a device.", ACTION_REQUEST_FIELDS, {
    action: "`report`: send measurements and counters. `identify`: blink. `reboot`: restart.",
    expires: "Time until the action expires, in s. Defaults to 60.",
  }),
  Outcome: OUTCOME_SCHEMA,
  Point: objectSchema<Point>("A reading.", {
    time: TIMESTAMP_SCHEMA,
    light: lightSchema("The reading."),
    led_on: nullableSchema(booleanSchema("Whether the lamp was on after the reading; null when unknown.")),
  }),
  History: objectSchema<HistoryAnswer>("The light and lamp of a device over time.", {
    points: listSchema(schemaReference("Bucket")),
    led_on: nullableSchema(booleanSchema("Whether the lamp was on at `from`; null when unknown.")),
    switches: {
      ...listSchema(schemaReference("Switch")),
      description: "Lamp switches, oldest first; only the latest 5,000.",
    },
    step: {
      type: "number",
      minimum: 0,
      description: "Length of a bucket in ms; 0 when each bucket is a single reading.",
    },
  }),
  Bucket: objectSchema<Bucket>("Readings of one time interval. Intervals without readings have no bucket.", {
    time: unixTimeSchema("When the first reading of the bucket was taken, in ms since 1970."),
    min: lightSchema("The darkest reading."),
    max: lightSchema("The brightest reading."),
    last: lightSchema("The last reading."),
    count: { type: "integer", minimum: 1, description: "Number of readings." },
  }),
  Switch: objectSchema<HistorySwitch>("A change of a lamp.", {
    time: TIMESTAMP_SCHEMA,
    led_on: booleanSchema("Whether the lamp is on after the change."),
    by: choiceSchema(SWITCH_CAUSES, "Who switched the lamp: the server's rule, a person, or the board on its own."),
    reason: textSchema('Why the lamp was switched, as a sentence; "" when unknown.'),
  }),
  Status: {
    type: "object",
    description: "The state of the server.",
    properties: {
      version: textSchema("The version of the server."),
      uptime: { type: "number", minimum: 0, description: "Time since the server started, in s." },
      broker: objectSchema<{ url: string; websocket: string | null; embedded: boolean }>("The broker.", {
        url: textSchema("URL for MQTT clients."),
        websocket: nullableSchema(textSchema("URL for MQTT over WebSocket; null with an external broker.")),
        embedded: booleanSchema("Whether the broker is embedded in the server."),
      }),
      contested_client_ids: {
        ...listSchema(schemaReference("ContestedClientId")),
        description: "Client ids that two clients use at the same time; empty with an external broker.",
      },
      ...counterSchemas,
      log_lines_lost: countSchema("Log lines that could not be written."),
      damaged_files: countSchema("Damaged files found in the data folder since the start; the log names them."),
      storage: objectSchema<StorageView>("The state of the data folder and the history.", {
        problem: nullableSchema(
          textSchema("What cannot be written and what to do about it; null when there is no problem."),
        ),
        failures: countSchema("Failed attempts to write to the data folder."),
        readings_unacknowledged: countSchema("Readings that are not acknowledged, because they cannot be stored yet."),
      }),
      devices: countSchema("Number of devices."),
      simulator: booleanSchema("Whether this server can simulate boards."),
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
  NewBoard: objectSchema<NewBoardView>("What somebody needs to connect a new board.", {
    addresses: {
      ...listSchema(textSchema("A URL such as `mqtt://192.168.1.20:1883`.")),
      description:
        "URLs of the broker for boards on this network, the most likely one first; empty when only this machine can reach the broker.",
    },
    local: textSchema("URL of the broker for programs on the server's machine."),
    embedded: booleanSchema("Whether the broker is embedded in the server; another broker has its own accounts."),
    account_required: booleanSchema("Whether a board needs an account of this server."),
    topic_prefix: textSchema("Beginning of the ids of boards, without the slash."),
    start_command: nullableSchema(
      textSchema("The command that started this server, to which flags can be added; null if unknown."),
    ),
    simulator: booleanSchema("Whether this server can simulate boards: `POST /api/simulator/boards`."),
  }),
  Login: objectSchema<{ name: string; password: string }>("The credentials of a user.", {
    name: textSchema("The user's name."),
    password: { type: "string", format: "password" },
  }),
  Session: objectSchema<LoginSessionView>(
    "Who is logged in.",
    {
      name: nullableSchema(textSchema("The user's name; null when nobody is logged in.")),
      role: nullableSchema(
        choiceSchema(["admin", "reader"], "An admin may change everything, a reader may only read."),
      ),
      required: booleanSchema("Whether the server requires a login."),
      first_administrator_missing: booleanSchema(
        "Whether nobody has an account, so that the first administrator can be created; left out otherwise.",
      ),
      ingress: booleanSchema(
        "Whether Home Assistant has logged the user in, so that nobody can log out here; left out otherwise.",
      ),
      ended: END_REASON_SCHEMA,
      command: textSchema(
        "The command that manages accounts on the server's computer; left out unless somebody must log in.",
      ),
    },
    ["first_administrator_missing", "ingress", "ended", "command"],
  ),
  Events: objectSchema<{
    devices: 1;
    device: 1;
    zones: 1;
    zone: 1;
    alerts: 1;
    alert: 1;
    forgotten: 1;
    settings: 1;
    storage: 1;
    rollout: 1;
  }>(
    "The data of each kind of event, by the event's name. Plug-ins add their own.",
    {
      devices: { ...listSchema(schemaReference("Device")), description: "All devices, at the start of the stream." },
      device: {
        ...schemaReference("Device"),
        description: "A device that sent a reading or changed; at most once in 50 ms.",
      },
      zones: {
        ...listSchema(schemaReference("Zone")),
        description: "All zones, at the start of the stream and after a change of the configuration.",
      },
      zone: { ...schemaReference("Zone"), description: "A zone that changed." },
      alerts: { ...listSchema(schemaReference("Alert")), description: "All alerts, at the start of the stream." },
      alert: { ...schemaReference("Alert"), description: "An alert that was raised, changed or resolved." },
      forgotten: objectSchema<{ id: string }>("A device that was forgotten.", {
        id: textSchema("The id of the device."),
      }),
      settings: schemaReference("SettingsEvent"),
      storage: objectSchema<Pick<StorageView, "problem">>("The data folder became unwritable, or writable again.", {
        problem: nullableSchema(
          textSchema("The problem and what to do about it; null when the data folder is writable."),
        ),
      }),
      rollout: schemaReference("Rollout"),
    },
    ["devices", "device", "zones", "zone", "alerts", "alert", "forgotten", "settings", "storage", "rollout"],
  ),
};
