import {
  count,
  flag,
  listOf,
  isoTime,
  objectOf,
  oneOf,
  orNull,
  schemaRef,
  text,
  type Schema,
} from "../openapi-fields.js";
import { jsonResponse, parameter, type Paths } from "../openapi-operations.js";
import { MAX_BODY } from "./routes.js";
import type {
  SettingDescription,
  SettingDifference,
  SettingOrigin,
  SettingProblem,
  SettingsAuthor,
  SettingsEvent,
  SettingsView,
  SettingView,
} from "./source.js";

const ANY_SCHEMA: Schema = {};
const anyValue = (description: string): Schema => ({ ...ANY_SCHEMA, description });
const PATH_SCHEMA: Schema = {
  ...listOf({ type: ["string", "integer"] }),
  description: 'The keys from the top of the file: `["zones", "hall", "threshold"]`.',
};
const BOUND_SCHEMA: Schema = { type: ["number", "string"], description: 'A number, or a duration such as "1 s".' };
const nameList = (description: string): Schema => ({
  ...listOf(text("A setting: `zones > hall > threshold`.")),
  description,
});
const memberMapping = (description: string): Schema => ({ type: "object", additionalProperties: { type: "object" }, description }); // prettier-ignore

const description = {
  path: PATH_SCHEMA,
  description: text("What the setting does, and its allowed values."),
  kind: oneOf(
    ["switch", "number", "integer", "duration", "time", "choice", "text", "list", "mapping"],
    "The kind of value. A switch is true or false; `history` and `home_assistant` may also be a mapping.",
  ),
  minimum: BOUND_SCHEMA,
  maximum: BOUND_SCHEMA,
  values: listOf(text("An allowed value.")),
  default: anyValue("The default; missing if it depends on other settings."),
  restart: flag("Whether a change takes effect only when the server restarts."),
  secret: flag("Whether the value is secret. It is shown masked; if the setting is editable, it can be replaced or removed."), // prettier-ignore
};
const optional = ["minimum", "maximum", "values", "default"] as const;

/** Schemas of the settings. */
export const SETTINGS_SCHEMAS: Readonly<Record<string, Schema>> = {
  Settings: objectOf<SettingsView>("The settings of the configuration file.", {
    file: orNull(
      objectOf<NonNullable<SettingsView["file"]>>(
        "The file to which changes are written; null for a server that another program has started with its own options.",
        {
          path: text("The absolute path."),
          exists: flag("Whether the file exists; otherwise the first change creates it."),
        },
      ),
    ),
    refusal: orNull(text("Why the API can change no setting, as a sentence; null when it can.")),
    problems: {
      ...listOf(schemaRef("SettingProblem")),
      description: "Mistakes in the file. While there are any, nothing can be changed, and the other fields show the settings in effect.", // prettier-ignore
    },
    unapplied: nameList("Settings that differ in the file from those in effect, because somebody edited the file."),
    restart: nameList("Settings that have changed and take effect only when the server restarts."),
    settings: { ...listOf(schemaRef("Setting")), description: "All settings except those of zones and devices." },
    zones: memberMapping("The zones by name, in the form of the file. A missing setting has its default."),
    devices: memberMapping("The devices with settings of their own by id, in the form of the file."),
    fields: objectOf<SettingsView["fields"]>("The settings that a zone and a device can have.", {
      zone: listOf(schemaRef("SettingDescription")),
      device: listOf(schemaRef("SettingDescription")),
    }),
  }),
  SettingDescription: objectOf<SettingDescription>("A setting, as the schema of the file describes it.", description, optional), // prettier-ignore
  Setting: objectOf<SettingView>(
    "A setting and its value.",
    {
      ...description,
      value: anyValue("The value in the form of the file; null if there is none. Secrets are masked."),
      origin: objectOf<SettingOrigin>(
        "Where the value comes from. A flag overrides a variable, and both override the file.",
        {
          from: oneOf(["default", "file", "flag", "variable"], "The kind of source."),
          name: orNull(text("The flag, the variable, or the line of the file; null for a default.")),
        },
      ),
      editable: flag("Whether the API can change the setting."),
    },
    optional,
  ),
  SettingProblem: objectOf<SettingProblem>("A mistake in the configuration.", {
    text: text("The sentence that `nightlight-server config check` prints."),
    path: { ...PATH_SCHEMA, type: ["array", "null"] },
    line: orNull(count("The line, from 1.")),
    column: orNull(count("The column, from 1.")),
  }),
  SettingsPatch: {
    type: "object",
    description:
      'Settings in the form of the file, to merge by RFC 7396: `{"rule": {"threshold": 250, "min_on": null}}`. Null returns a setting to its default.',
  },
  ZoneSettings: { type: "object", description: "All settings of a zone, in the form of the file." },
  DeviceSettings: { type: "object", description: "All settings of a device, in the form of the file." },
  ZoneName: objectOf<{ name: string }>("A new name.", { name: text("Letters, digits, - and _, 64 at most.") }),
  SettingsAuthor: objectOf<SettingsAuthor>("Who changed settings.", {
    name: orNull(text("The account; null on a server without accounts.")),
    address: text("The network address."),
  }),
  SettingsChanged: objectOf<{ changed: 1; restart: 1; settings: 1 }>("The effect of a change.", {
    changed: nameList("Settings whose value changed."),
    restart: nameList("Settings that have changed and take effect only when the server restarts."),
    settings: schemaRef("Settings"),
  }),
  SettingsConflict: objectOf<{ error: 1; by: 1; at: 1; changed: 1; settings: 1 }>(
    "Somebody else has changed settings since the client read them. Nothing was written.",
    {
      error: text("What happened and what to do, as a sentence."),
      by: { oneOf: [schemaRef("SettingsAuthor"), { type: "null" }], description: "Who made the newest change; null if it was made in the file." }, // prettier-ignore
      at: orNull(isoTime("When the server noticed that change.")),
      changed: {
        type: ["array", "null"],
        items: objectOf<SettingDifference>("A setting that changed since.", {
          path: PATH_SCHEMA,
          name: text("The path for people: `zones > hall > threshold`."),
          before: anyValue("The value that the client knows; null if there was none."),
          now: anyValue("The present value; null if there is none."),
        }),
        description:
          "All settings that changed since, without the values of secrets; null if the server does not know the version of the client.",
      },
      settings: schemaRef("Settings"),
    },
  ),
  SettingsRefused: objectOf<{ error: 1; problems: 1 }>("Nothing was written.", {
    error: text("Why, as a sentence; with mistakes, one line for each."),
    problems: listOf(schemaRef("SettingProblem")),
  }),
  SettingsEvent: objectOf<SettingsEvent>("A change of the settings.", {
    etag: text("The new version of the settings."),
    by: { oneOf: [schemaRef("SettingsAuthor"), { type: "null" }], description: "Who made the change; null if the file was reloaded." }, // prettier-ignore
    changed: nameList("Settings whose value changed."),
  }),
};

const ZONE_NAME_PARAMETER = parameter("path", "name", { type: "string", examples: ["garden"] }, "The name of a zone.");
const DEVICE_ID_PARAMETER = parameter(
  "path",
  "id",
  { type: "string", examples: ["nightlight/porch"] },
  "The id of a device, percent-encoded: `nightlight%2Fporch`. Unencoded slashes work as well.",
);
const IF_MATCH_PARAMETER = {
  ...parameter(
    "header",
    "If-Match",
    { type: "string", examples: ['"3q2-7w"'] },
    "The ETag of the settings that the client knows; `*` to overwrite any version.",
  ),
  required: true,
};

const answers = {
  200: jsonResponse("The change is written and in effect.", schemaRef("SettingsChanged")),
  409: jsonResponse("The file has mistakes or cannot be written, a flag or variable overrides the setting, or a credential would be sent to another host.", schemaRef("SettingsRefused")), // prettier-ignore
  412: jsonResponse("Somebody else has changed settings since. Nothing was written.", schemaRef("SettingsConflict")),
  422: jsonResponse("The new settings have mistakes. Nothing was written.", schemaRef("SettingsRefused")),
};
const errors = {
  400: "The body is not a JSON object.",
  404: "There is no such zone or device, or the server has no configuration file.",
  428: "The header `If-Match` is missing.",
};
const operation = { tag: "settings", answers, errors, bodyLimit: MAX_BODY };
/** The common parts of deletions. They have fewer responses: a deletion has no body, and its result is always valid. */
const deletion = {
  tag: "settings",
  answers: { 200: answers[200], 409: answers[409], 412: answers[412] },
  errors: { 404: errors[404], 428: errors[428] },
};

/** Operations on the settings. */
export const SETTINGS_PATHS: Paths = {
  "/api/settings": {
    get: {
      operationId: "getSettings",
      summary: "Get the settings, their sources and their allowed values",
      description: "The header `ETag` is the version of the file, for `If-Match` of a change.",
      tag: "settings",
      answers: { 200: jsonResponse("The settings.", schemaRef("Settings")) },
    },
    patch: {
      ...operation,
      operationId: "changeSettings",
      summary: "Change settings",
      description:
        "Writes the changes to the configuration file, where comments and all other lines stay, and applies them at once. `rule`, `reporting`, `devices`, `zones`, `history`, `home_assistant`, and of `alerts` the settings `after`, `page`, `ntfy` and `webhook` can be changed.",
      parameters: [IF_MATCH_PARAMETER],
      body: "SettingsPatch",
    },
  },
  "/api/settings/zones/{name}": {
    put: {
      ...operation,
      operationId: "putZone",
      summary: "Create a zone, or replace its settings",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
      body: "ZoneSettings",
    },
    delete: {
      ...deletion,
      operationId: "deleteZone",
      summary: "Delete a zone",
      description: "The lamps of the zone then follow their own sensors.",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
    },
  },
  "/api/settings/zones/{name}/name": {
    put: {
      ...operation,
      operationId: "renameZone",
      summary: "Rename a zone",
      description: "The zone keeps its settings, the state of its lamps, and an override.",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
      body: "ZoneName",
    },
  },
  "/api/settings/devices/{id}": {
    put: {
      ...operation,
      operationId: "putDevice",
      summary: "Replace the settings of a device",
      parameters: [DEVICE_ID_PARAMETER, IF_MATCH_PARAMETER],
      body: "DeviceSettings",
    },
    delete: {
      ...deletion,
      operationId: "deleteDeviceSettings",
      summary: "Delete the settings of a device",
      description: "The device stays. Its label is its id again, and it follows the common rule.",
      parameters: [DEVICE_ID_PARAMETER, IF_MATCH_PARAMETER],
    },
  },
};
