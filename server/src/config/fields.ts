/**
 * zod schemas for kinds of settings, such as ports and durations. The error of a schema is a phrase that completes the
 * sentence "it must be …". The description of a schema appears in text editors and in
 * `docs/reference/configuration.md`. The description states the purpose of the setting and, if necessary, the allowed
 * values.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { idProblem, type Field } from "../../../contract/index.js";
import { textOf } from "../common/errors.js";
import { parseBrokerUrl } from "../transport/url.js";
import {
  DURATION_PATTERN,
  formatDuration,
  formatTimeOfDay,
  parseDuration,
  parseTimeOfDay,
} from "../common/duration.js";
import { findNearest } from "../common/nearest.js";
import { SECRET_MASK } from "../security/redact.js";
import { toScalarText } from "./paths.js";

/** The range of a duration or time of day, as it is written in the file. JSON Schema has no keywords for it. */
interface FieldRange {
  readonly kind: "duration" | "time";
  readonly minimum: string;
  readonly maximum: string;
}

/** The ranges of durations and times of day, by schema. */
export const FIELD_RANGES = z.registry<FieldRange>();

const describe = <S extends z.ZodType>(schema: S, what: string, brief = ""): S =>
  schema.describe(`${what}${brief && `: ${brief}`}.`);

/** Schema of a mapping with fixed keys. The error for an unknown key is the list of allowed keys. */
export function mappingSchema<S extends z.core.$ZodShape>(shape: S) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? keys : `a mapping of settings (${keys})`),
  });
}

export function booleanSchema(what: string) {
  return describe(z.boolean({ error: "true or false" }), what);
}

export function wholeNumberSchema(what: string, least: number, most: number, hint = "") {
  const range = `${least} to ${most}${hint}`;
  const error = `a whole number from ${range}`;
  return describe(z.int({ error }).min(least, { error }).max(most, { error }), what, range);
}

export const portSchema = (what: string) => wholeNumberSchema(what, 0, 65_535, "; 0 means any free port");

/** Schema of a light level within the range of an MQTT message field. */
export function lightLevelSchema(what: string, { minimum, maximum }: Field) {
  const range = `${minimum} to ${maximum}`;
  const formatError = (issue: { input?: unknown }): string =>
    `a number from ${range}${/^\d+,\d+$/.test(toScalarText(issue.input)) ? ", with a point for decimals" : ""}`;
  return describe(
    z.number({ error: formatError }).min(minimum!, { error: formatError }).max(maximum!, { error: formatError }),
    what,
    range,
  );
}

export function choiceSchema<const V extends readonly string[]>(what: string, values: V) {
  const words = `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
  return describe(z.enum(values, { error: words }), what, words);
}

/**
 * Schema of a duration with a unit, which is decoded to ms. `forever` is decoded to `Infinity`, and is valid only if
 * `most` is `Infinity`.
 */
export function durationSchema(what: string, least: number, most: number) {
  const from = least === 0 ? "0" : formatDuration(least);
  const to = formatDuration(most);
  const error = `${least === 0 ? "0, or " : ""}a time with its unit (ms, s, min, h or d), ${from} to ${to}`;
  const text = z.string({ error }).regex(DURATION_PATTERN, { error });
  const schema = z.codec(least === 0 ? z.union([z.literal(0), text], { error }) : text, z.custom<number>(), {
    decode(written, context) {
      const ms = written === 0 ? 0 : parseDuration(written);
      if (ms !== undefined && ms >= least && ms <= most) return ms;
      context.issues.push({ code: "custom", input: written, message: error });
      return z.NEVER;
    },
    encode: formatDuration,
  });
  const named = describe(schema, what, `${from} to ${to}`);
  return named.register(FIELD_RANGES, { kind: "duration", minimum: from, maximum: to });
}

/** Schema of a duration within the range of an MQTT message field. */
export const fieldDurationSchema = (what: string, { minimum, maximum }: Field) =>
  durationSchema(what, minimum!, maximum!);

/** Schema of a time of day, which is decoded to minutes since midnight. */
export function timeOfDaySchema(what: string) {
  const error = "a time of day from 00:00 to 23:59";
  const text = z.string({ error }).refine((written) => parseTimeOfDay(written) !== undefined, { error });
  const schema = z.codec(text, z.int(), {
    decode: (written) => parseTimeOfDay(written)!,
    encode: formatTimeOfDay,
  });
  const named = describe(schema, what, "00:00 to 23:59");
  return named.register(FIELD_RANGES, { kind: "time", minimum: "00:00", maximum: "23:59" });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // Exclude time zones that are offsets, such as +01:00. Some Node versions reject offsets, and an offset has no
    // daylight saving time.
    return /^[a-z]/i.test(name);
  } catch {
    return false;
  }
}

export function timeZoneSchema(what: string) {
  const error = "a time zone by its IANA name, such as Europe/Berlin";
  const errorWithSuggestion = (name: unknown): string => {
    const meant = findNearest(toScalarText(name), Intl.supportedValuesOf("timeZone"));
    return meant ? `${error}; did you mean ${meant}?` : error;
  };
  const schema = z.string({ error }).refine(isTimeZone, { error: (issue) => errorWithSuggestion(issue.input) });
  return describe(schema, what, "an IANA name, such as Europe/Berlin");
}

/** Schema of a single-line text of 1 to `longest` characters. */
export function textSchema(what: string, longest: number) {
  const error = `a text of 1 to ${longest} characters in one line, in quotes if it looks like a number`;
  const schema = z.string({ error }).min(1, { error }).max(longest, { error });
  return describe(
    schema.refine((written) => !/\p{Cc}/u.test(written), { error }),
    what,
  );
}

export const fileSchema = (what: string) => textSchema(what, 1000);

/**
 * Schema of a text with a custom check.
 * @param problemOf returns "" for a valid text, or a clause that explains the mistake
 */
function checkedTextSchema(what: string, kind: string, problemOf: (written: string) => string) {
  const schema = z.string({ error: `${kind}, in quotes if it is a number` });
  return describe(
    schema.refine((written) => !problemOf(written), {
      error: (issue) => `${kind}; ${problemOf(toScalarText(issue.input))}`,
    }),
    what,
  );
}

export const deviceIdSchema = () =>
  checkedTextSchema("A device", "a device's id in full, such as nightlight/porch", idProblem);

export function topicPrefixSchema(what: string) {
  return checkedTextSchema(
    what,
    "what topics begin with, such as nightlight",
    (written) => idProblem(written) || (written.endsWith("/") ? "it cannot end with /" : ""),
  );
}

export function brokerUrlSchema(what: string) {
  return checkedTextSchema(what, "the URL of an MQTT broker, such as mqtt://localhost:1883", (written) => {
    try {
      parseBrokerUrl(written);
      return "";
    } catch (thrown) {
      return textOf(thrown)
        .replace(/^--broker (?=is)/, "this ")
        .replace(/^--broker |\.$/g, "");
    }
  });
}

/**
 * Schema of a database URL.
 * @param schemes allowed URL schemes, such as redis
 * @param example the rest of an example URL, which the error shows after the scheme
 */
export function databaseUrlSchema(what: string, schemes: readonly string[], example: string) {
  const kind = `the URL of a database, such as ${schemes[0]}://${example}`;
  return checkedTextSchema(what, kind, (written) => {
    const scheme = /^([a-z]+):\/\//.exec(written)?.[1] ?? "";
    if (!schemes.includes(scheme)) return `it begins with ${schemes.map((one) => `${one}://`).join(" or ")}`;
    if (!URL.canParse(written)) return "this is no URL; what is special in a password is written as %40 and the like";
    return new URL(written).hostname ? "" : "this names no host";
  });
}

/** Schema of an http or https URL without a user name. @param problemOf returns a description of the mistake, or "" */
function webUrlSchema(what: string, example: string, problemOf: (url: URL) => string) {
  return checkedTextSchema(what, `a URL that begins with http:// or https://, such as ${example}`, (written) => {
    if (!URL.canParse(written)) return "this is no URL";
    const url = new URL(written);
    if (url.protocol !== "http:" && url.protocol !== "https:") return "it begins with http:// or https://";
    return url.username || url.password ? "it cannot contain a user name or a password" : problemOf(url);
  });
}

/** Schema of the URL of a webhook. Rejects a masked URL, which somebody may have copied from `config print`. */
export const webhookUrlSchema = (what: string) =>
  webUrlSchema(what, "https://example.org/hook", ({ pathname }) =>
    pathname.endsWith(`/${SECRET_MASK}`) ? "its path is masked here; enter the whole URL" : "",
  );

/**
 * Schema of the address of a web page. The address has no query and no fragment, because the server appends fragments
 * to make links.
 */
export function pageUrlSchema(what: string) {
  const problemOf = ({ search, hash }: URL): string => (search || hash ? "it ends before any ? or #" : "");
  return webUrlSchema(what, "https://lights.example.org", problemOf);
}

/**
 * Schema of the URL of a topic of the notification service ntfy. The path of the URL is the name of the topic, which
 * contains no further slash.
 */
export function ntfyUrlSchema(what: string) {
  const problemOf = ({ pathname, search, hash }: URL): string =>
    /^\/[-_A-Za-z0-9]{1,64}$/.test(pathname) && !search && !hash
      ? ""
      : "it ends with one topic of letters, digits, - and _, 64 at most";
  return webUrlSchema(what, "https://ntfy.sh/my-topic", problemOf);
}

/** Schema of the value of an HTTP header, or a part of it. */
export function headerValueSchema(what: string) {
  const kind = "a text of ASCII characters in one line";
  const isValid = (written: string): boolean => /^[\x21-\x7e]([\x20-\x7e]{0,2000}[\x21-\x7e])?$/.test(written);
  return checkedTextSchema(what, kind, (written) => (isValid(written) ? "" : "an HTTP header cannot contain this"));
}

export function deviceIdsSchema(what: string, least: 0 | 1) {
  const error = `a list of ${least > 0 ? "at least one device id" : "device ids"}, each after a - in a line of its own`;
  return describe(z.array(deviceIdSchema(), { error }).min(least, { error }), what);
}

export const ipAddressSchema = (what: string) =>
  checkedTextSchema(what, "an IP address such as 172.30.32.2", (written) => (isIP(written) ? "" : "it is none"));

export function hostNamesSchema(what: string) {
  const error = "a list of host names without scheme and port, such as lights.example.org";
  const name = z.string({ error }).regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error });
  return describe(z.array(name, { error }), what);
}
