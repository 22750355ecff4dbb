import { UPDATE_STATES, type CrashedVersionView, type DeviceUpdateView } from "../../devices/update-view.js";
import {
  booleanSchema,
  choiceSchema,
  countSchema,
  fieldsSchema,
  isoTimeSchema,
  listSchema,
  nullableSchema,
  objectSchema,
  schemaReference,
  textSchema,
  type Schema,
} from "../openapi-fields.js";
import { createParameter, jsonResponse, type Paths } from "../openapi-operations.js";
import type { InstallableVersion } from "../../updates/image-catalog.js";
import { ROLLOUT_STATES } from "../../updates/stored-rollout.js";
import type { RolloutBoardReason, RolloutView } from "../../updates/rollout-view.js";
import { ROLLOUT_FIELDS, UPDATE_FIELDS, type UpdatesView } from "./routes.js";
import { NEW_BOARD_FIELDS, type NewBoardKey } from "./update-url.js";

/** Path parameter with the id of a device. */
export const DEVICE_ID_PARAMETER = createParameter(
  "path",
  "id",
  { type: "string", examples: ["nightlight/porch"] },
  "The id of a device, percent-encoded: `nightlight%2Fporch`. Unencoded slashes work as well.",
);

/** Operations on the update of a device. */
export const START_UPDATE: NonNullable<Paths[string]["post"]> = {
  operationId: "startUpdate",
  summary: "Update the program of a board over the air",
  description:
    "Installs the newest version for the type of board, or another version from `GET /api/updates`. The field `update` of the device shows the progress. A board that is offline is updated when it returns.",
  tag: "updates",
  parameters: [DEVICE_ID_PARAMETER],
  body: "UpdateRequest",
  answers: { 202: jsonResponse("The device, whose update has begun.", schemaReference("Device")) },
  errors: {
    400: "The body is invalid.",
    404: "There is no such device or version.",
    409: "The board runs this version already, has no key, is being written, or has not reported its type; or several servers share the boards.",
  },
};
export const CANCEL_UPDATE: NonNullable<Paths[string]["delete"]> = {
  operationId: "cancelUpdate",
  summary: "Give up an update, or remove its result",
  tag: "updates",
  parameters: [DEVICE_ID_PARAMETER],
  answers: { 204: { description: "There is no update any more." } },
  errors: {
    404: "There is no such device, or it has no update.",
    409: "The board has erased its old program, so it needs another one; or several servers share the boards.",
  },
};

export const UPDATE_PATHS: Paths = {
  "/api/updates": {
    get: {
      operationId: "listUpdates",
      summary: "List the versions that can be installed on boards",
      tag: "updates",
      answers: {
        200: jsonResponse(
          "The versions; the one that was offered or installed last is the first.",
          schemaReference("Updates"),
        ),
      },
    },
  },
  "/api/updates/rollout": {
    post: {
      operationId: "startRollout",
      summary: "Update all boards in waves",
      description:
        "Updates one board, then a tenth of all boards, then all others in steps of a tenth. Stops when the update fails on more than 2 % of the boards. Boards that are offline keep their version. Continues the last rollout if it has installed the same versions, unless it has stopped because boards failed. A rollback then covers the boards of both.",
      tag: "updates",
      answers: { 202: jsonResponse("The rollout.", schemaReference("Rollout")) },
      errors: {
        409: "A rollout is running, no board needs an update, or the rollout of the same versions has stopped because boards failed: resume it, or roll it back.",
      },
    },
    put: {
      operationId: "changeRollout",
      summary: "Stop, resume or roll back the rollout",
      tag: "updates",
      body: "RolloutChange",
      answers: { 200: jsonResponse("The rollout after the change.", schemaReference("Rollout")) },
      errors: {
        400: "The body is invalid.",
        404: "No rollout was started yet.",
        409: "The state of the rollout does not allow this change, or the server has no previous version to install.",
      },
    },
  },
};

/** Operation that belongs to the path `/api/new-board`. */
export const CREATE_BOARD_KEY: NonNullable<Paths[string]["post"]> = {
  operationId: "createBoardKey",
  summary: "Get the update URL of a board",
  description:
    "Creates the key with which the board and this server recognize each other for program updates over the air, unless the board has one. Only an administrator may do this, because the URL contains the key.",
  tag: "updates",
  body: "NewBoardRequest",
  answers: { 201: jsonResponse("The update URL of the board.", schemaReference("NewBoardKey")) },
  errors: { 400: "The id is not allowed or too long for an update URL; no URL was created." },
};

export const UPDATE_SCHEMAS: Record<string, Schema> = {
  NewBoardRequest: fieldsSchema("The board that needs an update URL.", NEW_BOARD_FIELDS, {
    id: "The id of the board.",
    page: "The address of the page that asks, with its base path. The board then uses this address, unless only the server's machine can reach it.",
  }),
  UpdateRequest: fieldsSchema("The version to install.", UPDATE_FIELDS, {
    version: "A version that `GET /api/updates` lists; the newest by default.",
  }),
  DeviceUpdate: objectSchema<DeviceUpdateView>("The program update of a device.", {
    latest: nullableSchema(textSchema("The newest version for this type of board; null if the server has none.")),
    state: nullableSchema(
      choiceSchema(
        UPDATE_STATES,
        "The state of the last update; null if there was none, or the board has installed another version since. `waiting`: until the board is online and has replied. `handing-over`: until the board's update adapter connects. `restarting`: until the board reports the new version.",
      ),
    ),
    version: nullableSchema(textSchema("The version that the last update installs; null if there was none.")),
    percent: nullableSchema({
      ...countSchema("How much of the program is written; null unless `state` is `writing`."),
      maximum: 100,
    }),
    problem: nullableSchema(textSchema("Why the update failed, and what to do; null unless `state` is `failed`.")),
    previous: nullableSchema(
      textSchema(
        "The last version before the update that did not crash, if it can be installed again; otherwise null.",
      ),
    ),
    since: nullableSchema(
      isoTimeSchema("When `state` began; null without a state, or if an earlier version of the server has stored it."),
    ),
    crashed: nullableSchema(
      objectSchema<CrashedVersionView>(
        "The version that probably crashed: it was installed on the board, but did not connect, or started again and again. Null if there is none, an update to that version has succeeded since, or the result of the update was removed.",
        { version: textSchema("The version."), at: isoTimeSchema("When the server noticed it.") },
      ),
    ),
  }),
  Updates: objectSchema<UpdatesView>("What the server can install.", {
    versions: listSchema(schemaReference("Firmware")),
    rollout: nullableSchema(schemaReference("Rollout")),
  }),
  RolloutChange: fieldsSchema("What to do with the rollout.", ROLLOUT_FIELDS, {
    action:
      "`stop`: after the boards that are being updated. `resume`: continue, and accept the failures so far. `roll-back`: install the previous versions on all boards that the rollout has changed, also before it was stopped and started again. After a rollback: try the boards again that do not have their previous version.",
  }),
  Rollout: objectSchema<RolloutView>("The update of many boards.", {
    state: choiceSchema(ROLLOUT_STATES, "The state of the rollout."),
    roll_back: booleanSchema("Whether the rollout installs the previous versions again."),
    versions: { ...listSchema(textSchema("A version.")), description: "The versions that the rollout installs." },
    ended_at: nullableSchema(isoTimeSchema("When the rollout has stopped or finished; null while it is running.")),
    wave: { type: "integer", enum: [1, 2, 3], description: "1: one board, 2: a tenth of all boards, 3: all others." },
    total: countSchema("Number of boards."),
    done: countSchema("Boards that run the version."),
    failed: countSchema("Boards on which the update has failed."),
    updating: countSchema("Boards that are being updated."),
    skipped: countSchema(
      "Boards that the rollout left out: they are offline, have no key, refuse updates, or the server lacks the version.",
    ),
    problem: nullableSchema(textSchema("Why the rollout has stopped; null while it has not.")),
    failed_boards: {
      ...listSchema(textSchema("The id of a board.")),
      description: "Boards on which the update has failed.",
    },
    failures: {
      ...listSchema(schemaReference("RolloutBoardReason")),
      description: "Boards on which the update has failed, and why.",
    },
    skipped_boards: {
      ...listSchema(schemaReference("RolloutBoardReason")),
      description: "Boards that the rollout left out, and why.",
    },
    to_roll_back: countSchema("Number of boards that `roll-back` would change."),
  }),
  RolloutBoardReason: objectSchema<RolloutBoardReason>(
    "A board on which the update has failed, or that the rollout has left out.",
    {
      id: textSchema("The id of the board."),
      reason: textSchema("Why, as a sentence."),
    },
  ),
  Firmware: objectSchema<InstallableVersion>("A program that can be installed on boards.", {
    board: textSchema("The type of board."),
    version: textSchema("The version."),
    bytes: countSchema("Size of the program in bytes."),
    latest: booleanSchema("Whether this is the newest version for the type of board."),
  }),
  NewBoardKey: objectSchema<NewBoardKey>("What a board needs for program updates over the air.", {
    id: textSchema("The id of the board."),
    update_url: textSchema(
      "The value of the board setting `UPDATE_URL`. It contains the key: treat it like a password.",
    ),
  }),
};
