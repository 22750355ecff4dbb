import { MAX_PENDING_ACTIONS } from "../outputs/action.js";
import { DEFAULT_WAIT, MAX_WAIT } from "./actions.js";
import { DEFAULT_POINTS, MAX_POINTS } from "./history.js";
import { listSchema, schemaReference } from "./openapi-fields.js";
import { jsonResponse, createParameter, type Paths } from "./openapi-operations.js";
import { CANCEL_UPDATE, DEVICE_ID_PARAMETER, START_UPDATE } from "./updates/openapi.js";

const ZONE_NAME_PARAMETER = createParameter(
  "path",
  "name",
  { type: "string", examples: ["garden"] },
  "The name of a zone.",
);
const DEVICE_PARAMETER = {
  ...createParameter("query", "device", { type: "string" }, "The id of a device."),
  required: true,
};
const RANGE_PARAMETERS = [
  createParameter(
    "query",
    "from",
    { type: "string" },
    "Start of the time range, inclusive: ms since 1970, or ISO 8601 with a UTC offset. Defaults to 24 h before `to`.",
  ),
  createParameter("query", "to", { type: "string" }, "End of the time range, exclusive. Defaults to now."),
];

const NO_DEVICE_DESCRIPTION = "There is no such device.";
const NO_ZONE_DESCRIPTION = "There is no such zone.";
const BAD_BODY_DESCRIPTION = "The body is invalid; nothing was changed.";
const NO_HISTORY_DESCRIPTION = "The history is switched off, or there is no such device.";
const BAD_QUERY_DESCRIPTION = "A parameter is missing or invalid.";

const devicePaths: Paths = {
  "/api/devices": {
    get: {
      operationId: "listDevices",
      summary: "List all devices, sorted by id",
      tag: "devices",
      answers: { 200: jsonResponse("The devices.", listSchema(schemaReference("Device"))) },
    },
  },
  "/api/devices/{id}": {
    get: {
      operationId: "getDevice",
      summary: "Get a device",
      tag: "devices",
      parameters: [DEVICE_ID_PARAMETER],
      answers: { 200: jsonResponse("The device.", schemaReference("Device")) },
      errors: { 404: NO_DEVICE_DESCRIPTION },
    },
    delete: {
      operationId: "forgetDevice",
      summary: "Forget a device and its history",
      description:
        "Deletes all data about the device, including its retained messages at the broker. If the device sends again, it is a new device.",
      tag: "devices",
      parameters: [DEVICE_ID_PARAMETER],
      answers: { 204: { description: "The device is forgotten." } },
      errors: { 404: NO_DEVICE_DESCRIPTION },
    },
  },
  "/api/devices/{id}/mode": {
    put: {
      operationId: "setDeviceMode",
      summary: "Override a lamp, or return it to automatic control",
      tag: "devices",
      parameters: [DEVICE_ID_PARAMETER],
      body: "Override",
      answers: { 200: jsonResponse("The device after the change.", schemaReference("Device")) },
      errors: { 400: BAD_BODY_DESCRIPTION, 404: NO_DEVICE_DESCRIPTION },
    },
  },
  "/api/devices/{id}/update": {
    post: START_UPDATE,
    delete: CANCEL_UPDATE,
  },
  "/api/devices/{id}/actions": {
    post: {
      operationId: "requestAction",
      summary: "Send an action to a device",
      description: "A sleeping board receives the action when it wakes, unless the action has expired by then.",
      tag: "devices",
      parameters: [
        DEVICE_ID_PARAMETER,
        createParameter(
          "query",
          "wait",
          { type: "number", minimum: 0, maximum: MAX_WAIT, default: DEFAULT_WAIT },
          "How long to wait for the outcome, in s.",
        ),
      ],
      body: "Request",
      answers: {
        200: jsonResponse("The device replied.", schemaReference("Outcome")),
        202: jsonResponse(
          "The device did not reply within `wait`; get the outcome later with `getAction`.",
          schemaReference("Outcome"),
        ),
        504: jsonResponse("The device did not reply before the action expired.", schemaReference("Outcome")),
      },
      errors: {
        400: "The body or `wait` is invalid; no action was sent.",
        404: NO_DEVICE_DESCRIPTION,
        409: "The device never published a status, so it may not support actions.",
        429: `${MAX_PENDING_ACTIONS} actions of the device are waiting for a reply.`,
      },
    },
  },
  "/api/devices/{id}/actions/{seq}": {
    get: {
      operationId: "getAction",
      summary: "Get the outcome of an action",
      tag: "devices",
      parameters: [
        DEVICE_ID_PARAMETER,
        createParameter("path", "seq", { type: "integer", minimum: 0 }, "The sequence number of the action."),
      ],
      answers: { 200: jsonResponse("The outcome so far.", schemaReference("Outcome")) },
      errors: {
        404: "There is no such device or action. The server keeps the last 32 actions of each device until it restarts.",
      },
    },
  },
};

const zonePaths: Paths = {
  "/api/zones": {
    get: {
      operationId: "listZones",
      summary: "List all zones, in the order of the configuration",
      tag: "zones",
      answers: { 200: jsonResponse("The zones.", listSchema(schemaReference("Zone"))) },
    },
  },
  "/api/zones/{name}": {
    get: {
      operationId: "getZone",
      summary: "Get a zone",
      tag: "zones",
      parameters: [ZONE_NAME_PARAMETER],
      answers: { 200: jsonResponse("The zone.", schemaReference("Zone")) },
      errors: { 404: NO_ZONE_DESCRIPTION },
    },
  },
  "/api/zones/{name}/mode": {
    put: {
      operationId: "setZoneMode",
      summary: "Override the lamps of a zone, or return them to automatic control",
      tag: "zones",
      parameters: [ZONE_NAME_PARAMETER],
      body: "Override",
      answers: { 200: jsonResponse("The zone after the change.", schemaReference("Zone")) },
      errors: { 400: BAD_BODY_DESCRIPTION, 404: NO_ZONE_DESCRIPTION },
    },
  },
};

const historyPaths: Paths = {
  "/api/history": {
    get: {
      operationId: "getHistory",
      summary: "Get the light and lamp of a device over time, for a plot",
      description: "Readings are grouped into buckets, each with its darkest and brightest reading.",
      tag: "history",
      parameters: [
        DEVICE_PARAMETER,
        ...RANGE_PARAMETERS,
        createParameter(
          "query",
          "points",
          { type: "integer", minimum: 1, maximum: MAX_POINTS, default: DEFAULT_POINTS },
          "Maximum number of buckets.",
        ),
      ],
      answers: { 200: jsonResponse("The history in the time range.", schemaReference("History")) },
      errors: { 400: BAD_QUERY_DESCRIPTION, 404: NO_HISTORY_DESCRIPTION },
    },
  },
  "/api/history.csv": {
    get: {
      operationId: "exportHistory",
      summary: "Export all readings and lamp switches of a device as CSV",
      description:
        "RFC 4180, oldest row first. `time` is in ISO 8601, UTC. A reading has `light`; a lamp switch has `led_on`, `by` and `reason`. A reason that a spreadsheet would take for a formula begins with an apostrophe.",
      tag: "history",
      parameters: [DEVICE_PARAMETER, ...RANGE_PARAMETERS],
      answers: { 200: { description: "The CSV file.", type: "text/csv", schema: { type: "string" } } },
      errors: { 400: BAD_QUERY_DESCRIPTION, 404: NO_HISTORY_DESCRIPTION },
    },
  },
  "/api/recent": {
    get: {
      operationId: "getRecent",
      summary: "Get the latest 600 readings of a device, from memory",
      tag: "history",
      parameters: [DEVICE_PARAMETER],
      answers: {
        200: jsonResponse("The readings.", {
          type: "object",
          properties: { points: { ...listSchema(schemaReference("Point")), maxItems: 600 } },
          required: ["points"],
        }),
      },
      errors: { 400: BAD_QUERY_DESCRIPTION, 404: NO_DEVICE_DESCRIPTION },
    },
  },
};

/** Operations on devices, zones and their history. */
export const DEVICE_AND_ZONE_PATHS: Paths = { ...devicePaths, ...zonePaths, ...historyPaths };
