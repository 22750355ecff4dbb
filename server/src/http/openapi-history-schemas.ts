import type { Bucket, HistoryAnswer, HistorySwitch } from "../history/history.js";
import type { Point } from "../history/recent.js";
import {
  booleanSchema,
  lightSchema,
  listSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  textSchema,
  unixTimeSchema,
  type Schema,
} from "./openapi-fields.js";

const SWITCH_CAUSES = ["server", "person", "device"] satisfies HistorySwitch["by"][];
const TIMESTAMP_SCHEMA = unixTimeSchema("In ms since 1970.");

/** Schemas of readings and lamp switches over time, by name. */
export const HISTORY_SCHEMAS = {
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
} satisfies Readonly<Record<string, Schema>>;
