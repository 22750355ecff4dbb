import {
  countSchema,
  booleanSchema,
  listSchema,
  isoTimeSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "../openapi-fields.js";
import { jsonResponse, createParameter, type Paths } from "../openapi-operations.js";
import { MAX_BODY_SIZE } from "./routes.js";
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
const anyValueSchema = (description: string): Schema => ({ ...ANY_SCHEMA, description });
const PATH_SCHEMA: Schema = {
  ...listSchema({ type: ["string", "integer"] }),
  description: 'The keys from the top of the file: `["zones", "hall", "threshold"]`.',
};
const BOUND_SCHEMA: Schema = { type: ["number", "string"], description: 'A number, or a duration such as "1 s".' };
const nameListSchema = (description: string): Schema => ({
  ...listSchema(textSchema("A setting: `zones > hall > threshold`.")),
  description,
});
const memberMappingSchema = (description: string): Schema => ({ type: "object", additionalProperties: { type: "object" }, description }); // prettier-ignore

const settingProperties = {
  path: PATH_SCHEMA,
  description: textSchema("What the setting does, and its allowed values."),
  kind: choiceSchema(
    ["switch", "number", "integer", "duration", "time", "choice", "text", "list", "mapping"],
    "The kind of value. A switch is true or false; `history` and `home_assistant` may also be a mapping.",
  ),
  minimum: BOUND_SCHEMA,
  maximum: BOUND_SCHEMA,
  values: listSchema(textSchema("An allowed value.")),
  default: anyValueSchema("The default; missing if it depends on other settings."),
  restart: booleanSchema("Whether a change takes effect only when the server restarts."),
  secret: booleanSchema("Whether the value is secret. It is shown masked; if the setting is editable, it can be replaced or removed."), // prettier-ignore
};
const OPTIONAL_PROPERTIES = ["minimum", "maximum", "values", "default"] as const;

/** OpenAPI schemas of the answers and requests of `/api/settings`, by name. */
export const SETTINGS_SCHEMAS: Readonly<Record<string, Schema>> = {
  Settings: objectSchema<SettingsView>("The settings of the configuration file.", {
    file: nullableSchema(
      objectSchema<NonNullable<SettingsView["file"]>>(
        "The file to which changes are written; null for a server that another program has started with its own options.",
        {
          path: textSchema("The absolute path."),
          exists: booleanSchema("Whether the file exists; otherwise the first change creates it."),
        },
      ),
    ),
    refusal: nullableSchema(textSchema("Why the API can change no setting, as a sentence; null when it can.")),
    problems: {
      ...listSchema(schemaReference("SettingProblem")),
      description: "Mistakes in the file. While there are any, nothing can be changed, and the other fields show the settings in effect.", // prettier-ignore
    },
    unapplied: nameListSchema(
      "Settings that differ in the file from those in effect, because somebody edited the file.",
    ),
    restart: nameListSchema("Settings that have changed and take effect only when the server restarts."),
    settings: {
      ...listSchema(schemaReference("Setting")),
      description: "All settings except those of zones and devices.",
    },
    zones: memberMappingSchema("The zones by name, in the form of the file. A missing setting has its default."),
    devices: memberMappingSchema("The devices with settings of their own by id, in the form of the file."),
    fields: objectSchema<SettingsView["fields"]>("The settings that a zone and a device can have.", {
      zone: listSchema(schemaReference("SettingDescription")),
      device: listSchema(schemaReference("SettingDescription")),
    }),
  }),
  SettingDescription: objectSchema<SettingDescription>("A setting, as the schema of the file describes it.", settingProperties, OPTIONAL_PROPERTIES), // prettier-ignore
  Setting: objectSchema<SettingView>(
    "A setting and its value.",
    {
      ...settingProperties,
      value: anyValueSchema("The value in the form of the file; null if there is none. Secrets are masked."),
      origin: objectSchema<SettingOrigin>(
        "Where the value comes from. A flag overrides a variable, and both override the file.",
        {
          from: choiceSchema(["default", "file", "flag", "variable"], "The kind of source."),
          name: nullableSchema(textSchema("The flag, the variable, or the line of the file; null for a default.")),
        },
      ),
      editable: booleanSchema("Whether the API can change the setting."),
    },
    OPTIONAL_PROPERTIES,
  ),
  SettingProblem: objectSchema<SettingProblem>("A mistake in the configuration.", {
    text: textSchema("The sentence that `nightlight-server config check` prints."),
    path: { ...PATH_SCHEMA, type: ["array", "null"] },
    line: nullableSchema(countSchema("The line, from 1.")),
    column: nullableSchema(countSchema("The column, from 1.")),
  }),
  SettingsPatch: {
    type: "object",
    description:
      'Settings in the form of the file, to merge by RFC 7396: `{"rule": {"threshold": 250, "min_on": null}}`. Null returns a setting to its default.',
  },
  ZoneSettings: { type: "object", description: "All settings of a zone, in the form of the file." },
  DeviceSettings: { type: "object", description: "All settings of a device, in the form of the file." },
  ZoneName: objectSchema<{ name: string }>("A new name.", {
    name: textSchema("Letters, digits, - and _, 64 at most."),
  }),
  SettingsAuthor: objectSchema<SettingsAuthor>("Who changed settings.", {
    name: nullableSchema(textSchema("The account; null on a server without accounts.")),
    address: textSchema("The network address."),
  }),
  SettingsChanged: objectSchema<{ changed: 1; restart: 1; settings: 1 }>("The effect of a change.", {
    changed: nameListSchema("Settings whose value changed."),
    restart: nameListSchema("Settings that have changed and take effect only when the server restarts."),
    settings: schemaReference("Settings"),
  }),
  SettingsConflict: objectSchema<{ error: 1; by: 1; at: 1; changed: 1; settings: 1 }>(
    "Somebody else has changed settings since the client read them. Nothing was written.",
    {
      error: textSchema("What happened and what to do, as a sentence."),
      by: { oneOf: [schemaReference("SettingsAuthor"), { type: "null" }], description: "Who made the newest change; null if it was made in the file." }, // prettier-ignore
      at: nullableSchema(isoTimeSchema("When the server noticed that change.")),
      changed: {
        type: ["array", "null"],
        items: objectSchema<SettingDifference>("A setting that changed since.", {
          path: PATH_SCHEMA,
          name: textSchema("The path for people: `zones > hall > threshold`."),
          before: anyValueSchema("The value that the client knows; null if there was none."),
          now: anyValueSchema("The present value; null if there is none."),
        }),
        description:
          "All settings that changed since, without the values of secrets; null if the server does not know the version of the client.",
      },
      settings: schemaReference("Settings"),
    },
  ),
  SettingsRefused: objectSchema<{ error: 1; problems: 1 }>("Nothing was written.", {
    error: textSchema("Why, as a sentence; with mistakes, one line for each."),
    problems: listSchema(schemaReference("SettingProblem")),
  }),
  SettingsEvent: objectSchema<SettingsEvent>("A change of the settings.", {
    etag: textSchema("The new version of the settings."),
    by: { oneOf: [schemaReference("SettingsAuthor"), { type: "null" }], description: "Who made the change; null if the file was reloaded." }, // prettier-ignore
    changed: nameListSchema("Settings whose value changed."),
  }),
};

const ZONE_NAME_PARAMETER = createParameter(
  "path",
  "name",
  { type: "string", examples: ["garden"] },
  "The name of a zone.",
);
const DEVICE_ID_PARAMETER = createParameter(
  "path",
  "id",
  { type: "string", examples: ["nightlight/porch"] },
  "The id of a device, percent-encoded: `nightlight%2Fporch`. Unencoded slashes work as well.",
);
const IF_MATCH_PARAMETER = {
  ...createParameter(
    "header",
    "If-Match",
    { type: "string", examples: ['"3q2-7w"'] },
    "The ETag of the settings that the client knows; `*` to overwrite any version.",
  ),
  required: true,
};

const changeAnswers = {
  200: jsonResponse("The change is written and in effect.", schemaReference("SettingsChanged")),
  409: jsonResponse("The file has mistakes or cannot be written, a flag or variable overrides the setting, or a credential would be sent to another host.", schemaReference("SettingsRefused")), // prettier-ignore
  412: jsonResponse(
    "Somebody else has changed settings since. Nothing was written.",
    schemaReference("SettingsConflict"),
  ),
  422: jsonResponse("The new settings have mistakes. Nothing was written.", schemaReference("SettingsRefused")),
};
const changeErrors = {
  400: "The body is not a JSON object.",
  404: "There is no such zone or device, or the server has no configuration file.",
  428: "The header `If-Match` is missing.",
};
const changeOperation = { tag: "settings", answers: changeAnswers, errors: changeErrors, bodyLimit: MAX_BODY_SIZE };
/**
 * The common parts of the operations that delete settings. These operations have fewer responses than other changes,
 * because a deletion has no body, and its result is always valid.
 */
const deletionOperation = {
  tag: "settings",
  answers: { 200: changeAnswers[200], 409: changeAnswers[409], 412: changeAnswers[412] },
  errors: { 404: changeErrors[404], 428: changeErrors[428] },
};

/** Operations on the settings. */
export const SETTINGS_PATHS: Paths = {
  "/api/settings": {
    get: {
      operationId: "getSettings",
      summary: "Get the settings, their sources and their allowed values",
      description: "The header `ETag` is the version of the file, for `If-Match` of a change.",
      tag: "settings",
      answers: { 200: jsonResponse("The settings.", schemaReference("Settings")) },
    },
    patch: {
      ...changeOperation,
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
      ...changeOperation,
      operationId: "putZone",
      summary: "Create a zone, or replace its settings",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
      body: "ZoneSettings",
    },
    delete: {
      ...deletionOperation,
      operationId: "deleteZone",
      summary: "Delete a zone",
      description: "The lamps of the zone then follow their own sensors.",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
    },
  },
  "/api/settings/zones/{name}/name": {
    put: {
      ...changeOperation,
      operationId: "renameZone",
      summary: "Rename a zone",
      description: "The zone keeps its settings, the state of its lamps, and an override.",
      parameters: [ZONE_NAME_PARAMETER, IF_MATCH_PARAMETER],
      body: "ZoneName",
    },
  },
  "/api/settings/devices/{id}": {
    put: {
      ...changeOperation,
      operationId: "putDevice",
      summary: "Replace the settings of a device",
      parameters: [DEVICE_ID_PARAMETER, IF_MATCH_PARAMETER],
      body: "DeviceSettings",
    },
    delete: {
      ...deletionOperation,
      operationId: "deleteDeviceSettings",
      summary: "Delete the settings of a device",
      description: "The device stays. Its label is its id again, and it follows the common rule.",
      parameters: [DEVICE_ID_PARAMETER, IF_MATCH_PARAMETER],
    },
  },
};
