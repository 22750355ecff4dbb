import { OVERRIDE } from "../../../contract/index.js";
import type { ZoneHours, ZoneSensor, ZoneView } from "../decisions/zones/view.js";
import type { DeviceView } from "../devices/devices.js";
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
  type Schema,
} from "./openapi-fields.js";

const MODES = OVERRIDE.mode.values;

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

/** Schemas of devices, of zones, and of the messages that people send to them, by name. */
export const DEVICE_SCHEMAS = {
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
} satisfies Readonly<Record<string, Schema>>;
