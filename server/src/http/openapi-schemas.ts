import { OVERRIDE, REPLY } from "../../../contract/index.js";
import type { Outcome } from "../outputs/action.js";
import type { Counters } from "../observability/counters.js";
import type { DeviceView } from "../devices/devices.js";
import type { Bucket, HistoryAnswer, HistorySwitch } from "../history/history.js";
import { REJECTIONS } from "./metrics/rejections.js";
import type { Point } from "../history/recent.js";
import type { ZoneSensor, ZoneView } from "../decisions/zones/view.js";
import type { StorageView } from "../storage/health.js";
import { REQUEST } from "./actions.js";
import {
  count,
  flag,
  light,
  listOf,
  moment,
  objectOf,
  oneOf,
  orNull,
  ref,
  schemaOf,
  text,
  time,
  type Schema,
} from "./openapi-fields.js";

const MODES = OVERRIDE.mode.values;
const BY = ["server", "person", "device"] satisfies HistorySwitch["by"][];

const device = objectOf<DeviceView>(
  "A board, or whatever reports like one.",
  {
    id: text("What stands before the channel in its topics."),
    online: flag("By its status; a lesson device, which has none, when it was heard in the last 60 s."),
    light: orNull(light("The newest reading, also of before a restart; null when there is none.")),
    led_on: orNull(
      flag("The lamp as it was last commanded, or as a board that decides alone reported it; null when unknown."),
    ),
    blinking: flag("Whether the lamp blinks, because somebody asked where the board is; `led_on` is as without that."),
    decided_by: oneOf(["server", "device"], "Who decides: `device` while it is on its own."),
    last_seen: orNull(
      moment("When it was last heard; when `light` is of before a restart, when that was measured; null when never."),
    ),
    since: orNull(moment("Since when it is online or offline; null when that was before the server started.")),
    missing: count("Readings of its present boot that never came."),
    dropped: count("Readings that it lost by its own account, because its memory was full."),
    mode: oneOf(MODES, "`auto`, or a person's override."),
    until: orNull(moment("When the override ends; null when it lasts, or there is none.")),
    reason: orNull(text("Why the lamp is as it is, in a sentence for people; null when nothing was decided.")),
    label: text("For people; the id unless the configuration gives one."),
    zone: orNull(text("The zone that decides for its lamp; null when it decides for itself.")),
    threshold: light("Its lamp goes on below it."),
    hysteresis: light("Its lamp goes off from `threshold` + `hysteresis` on."),
    heartbeat: count("The longest silence that is asked of it, in ms."),
    board: text("The board, as the device names it; not there for a lesson device."),
    firmware: text("Its firmware's version; not there for a lesson device."),
  },
  ["board", "firmware"],
);

const zone = objectOf<ZoneView>("Sensors that decide together for lamps.", {
  name: text("Its name in the configuration."),
  label: text("For people."),
  combine: oneOf(
    ["median", "any", "all", "at_least"] satisfies ZoneView["combine"][],
    "How many of its sensors must be dark.",
  ),
  at_least: count("For `at_least`: how many."),
  sensors: listOf(ref("ZoneSensor")),
  lamps: listOf(text("The id of a device whose lamp it switches.")),
  threshold: light("Its lamps go on below it."),
  hysteresis: light("Its lamps go off from `threshold` + `hysteresis` on."),
  light: orNull(light("The level by which it decides; null when too few sensors tell.")),
  led_on: orNull(flag("What its lamps are to be; null when nothing was decided.")),
  mode: oneOf(MODES, "`auto`, or a person's override."),
  until: orNull(moment("When the override ends; null when it lasts, or there is none.")),
  reason: orNull(text("Why, in a sentence for people; null when nothing was decided.")),
});

const reply = schemaOf("What a device replied.", REPLY, {
  seq: "Which action it was.",
  ok: "Whether it was done.",
  error: "Why it was not done.",
  light: "Of a report: the light.",
  led_on: "Of a report: the lamp.",
  uptime: "Of a report: the time since the board started, in ms.",
  rejected: "Of a report: messages that the board refused since it started.",
  connects: "Of a report: connections to the broker since the board started.",
  began: "Of a report: when the program began, in ms since the board started.",
  waiting: "Of a report: readings that wait to be sent.",
  dropped: "Of a report: readings lost because the memory was full.",
  sent: "Of a report: MQTT messages that the board sent.",
  resent: "Of a report: how often it sent one again after a reconnect.",
  received: "Of a report: MQTT messages that arrived.",
});

const outcomes: Readonly<Record<Outcome["outcome"], Schema>> = {
  done: { ...reply, description: "The device did it." },
  refused: { ...reply, description: "The device would not do it." },
  pending: {
    type: "object",
    description: "It waits for a reply.",
    properties: { seq: count("Names it.") },
    required: ["seq"],
  },
  timeout: {
    type: "object",
    description: "There was no reply in time; it was given up.",
    properties: { seq: count("Names it."), error: text("What happened, in a sentence.") },
    required: ["seq", "error"],
  },
};

function outcome([name, schema]: [string, Schema]): Schema {
  const { properties, required } = schema as { properties: object; required: readonly string[] };
  return {
    ...schema,
    properties: { outcome: { const: name }, ...properties },
    required: ["outcome", ...required],
  };
}

const counters = {
  received: count("Messages that were understood, duplicates included."),
  sent: count("Commands to lamps."),
  rejected: {
    type: "object",
    description: "Messages without effect, by the reason; a reason that never came is not there.",
    properties: Object.fromEntries(Object.entries(REJECTIONS).map(([reason, why]) => [reason, count(`${why}.`)])),
  },
  duplicates: count("Readings that had been delivered before."),
  refused: count("Readings that were decided upon but not taken, because too many waited to be stored."),
} satisfies Readonly<Record<keyof Counters, Schema>>;

const DAY_OF_HISTORY = time("In ms since 1970.");

/** What crosses in both directions, by name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: objectOf<{ error: string }>("What was wrong, and what to do about it.", { error: text("A sentence.") }),
  Health: objectOf<{ ok: boolean; error?: string }>(
    "Whether all is well.",
    { ok: flag("Whether it is."), error: text("Why not, in a sentence.") },
    ["error"],
  ),
  Device: device,
  Zone: zone,
  ZoneSensor: objectOf<ZoneSensor>("A sensor of a zone.", {
    id: text("The device's id."),
    light: orNull(light("Its newest reading; null when there is none.")),
    stale: flag("Whether it is left out, because it has been silent for too long."),
  }),
  Override: schemaOf("What a person wants of a lamp, or of the lamps of a zone.", OVERRIDE, {
    mode: "`auto` leaves it to the rule.",
    for: "For how long, in ms; then it is `auto` again. Until it is changed unless given.",
  }),
  Request: schemaOf("What a device is asked to do.", REQUEST, {
    action: "`report`: say how it is. `identify`: blink. `reboot`: start again.",
    expires: "After how many seconds it is given up; 60 unless told.",
  }),
  Outcome: { description: "What became of an action.", oneOf: Object.entries(outcomes).map(outcome) },
  Point: objectOf<Point>("A reading.", {
    time: DAY_OF_HISTORY,
    light: light("The reading."),
    led_on: orNull(flag("The lamp after it; null when unknown.")),
  }),
  History: objectOf<HistoryAnswer>("What a device's light and lamp were.", {
    points: listOf(ref("Bucket")),
    led_on: orNull(flag("The lamp at `from`; null when unknown.")),
    switches: { ...listOf(ref("Switch")), description: "Oldest first; at most 5,000, the latest of them." },
    step: {
      type: "number",
      minimum: 0,
      description: "The length of a bucket in ms; 0 when each reading is by itself.",
    },
  }),
  Bucket: objectOf<Bucket>("The readings of one stretch of time; stretches without any are not there.", {
    time: time("When its first reading was taken, in ms since 1970."),
    min: light("The darkest."),
    max: light("The brightest."),
    last: light("The last."),
    count: { type: "integer", minimum: 1, description: "How many there are." },
  }),
  Switch: objectOf<HistorySwitch>("A lamp was switched.", {
    time: DAY_OF_HISTORY,
    led_on: flag("What it is from then on."),
    by: oneOf(BY, "The server's rule, a person, or the board on its own."),
    reason: text('Why, in a sentence; "" when nobody knows.'),
  }),
  Status: {
    type: "object",
    description: "The server.",
    properties: {
      version: text("Its version."),
      uptime: { type: "number", minimum: 0, description: "For how long it has been running, in s." },
      broker: objectOf<{ url: string; websocket: string | null; embedded: boolean }>("The broker.", {
        url: text("Where MQTT clients connect."),
        websocket: orNull(text("The same over WebSocket; null with somebody else's broker.")),
        embedded: flag("Whether it is the server's own."),
      }),
      contested_client_ids: {
        ...listOf(ref("ContestedClientId")),
        description: "Client ids that two clients use at the same time; empty with somebody else's broker.",
      },
      ...counters,
      log_lines_lost: count("Lines of the log that could not be written."),
      damaged_files: count("Damaged files in the data folder since the start; the log names them."),
      storage: objectOf<StorageView>("Whether what is to be remembered can be stored.", {
        problem: orNull(text("What cannot be written and what to do about it; null when everything can.")),
        failures: count("Attempts to write to the data folder that failed."),
        readings_unacknowledged: count("Readings that are not acknowledged, because they cannot be stored yet."),
      }),
      devices: count("Devices that are known."),
      simulator: flag("Whether boards can be simulated here."),
    },
    required: [
      "version",
      "uptime",
      "broker",
      "contested_client_ids",
      ...Object.keys(counters),
      "log_lines_lost",
      "damaged_files",
      "devices",
      "simulator",
    ],
  },
  Login: objectOf<{ name: string; password: string }>("Who wants in.", {
    name: text("The user's name."),
    password: { type: "string", format: "password" },
  }),
  Session: objectOf<{ name: string | null; role: string | null; required: boolean }>("Who is logged in.", {
    name: orNull(text("The user's name; null when nobody is.")),
    role: orNull(oneOf(["admin", "reader"], "An admin may change things, a reader may look.")),
    required: flag("Whether somebody has to be logged in."),
  }),
  Events: objectOf<{ devices: 1; device: 1; zones: 1; zone: 1; forgotten: 1; storage: 1 }>(
    "The data of each kind of event, by the event's name. Plug-ins add their own.",
    {
      devices: { ...listOf(ref("Device")), description: "All devices, at the start." },
      device: { ...ref("Device"), description: "One that reported or changed; at most once in 50 ms, as it is then." },
      zones: { ...listOf(ref("Zone")), description: "All zones, at the start and when the configuration changed." },
      zone: { ...ref("Zone"), description: "One that changed." },
      forgotten: objectOf<{ id: string }>("A device that is not known any more.", { id: text("Its id.") }),
      storage: objectOf<Pick<StorageView, "problem">>("The data folder cannot be written, or can again.", {
        problem: orNull(text("What to do about it, in sentences; null when it can be written.")),
      }),
    },
    ["devices", "device", "zones", "zone", "forgotten", "storage"],
  ),
};
