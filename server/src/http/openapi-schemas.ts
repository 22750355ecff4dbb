import type { Counters } from "../observability/counters.js";
import { REJECTION_TEXTS } from "./metrics/rejections.js";
import type { StorageView } from "../storage/health.js";
import {
  countSchema,
  booleanSchema,
  listSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "./openapi-fields.js";
import type { LoginSessionView } from "./login.js";
import type { NewBoardView } from "./new-board-view.js";
import { END_REASON_SCHEMA } from "./openapi-accounts.js";
import { DEVICE_SCHEMAS } from "./openapi-device-schemas.js";
import { HISTORY_SCHEMAS } from "./openapi-history-schemas.js";
import { OUTCOME_SCHEMA } from "./openapi-outcomes.js";

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
  ...DEVICE_SCHEMAS,
  Outcome: OUTCOME_SCHEMA,
  ...HISTORY_SCHEMAS,
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
