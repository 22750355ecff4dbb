import { MAX_PENDING } from "../outputs/action.js";
import { MAX_WAIT, WAIT } from "./actions.js";
import { MAX_POINTS, POINTS } from "./history.js";
import { listOf, ref } from "./openapi-fields.js";
import { json, parameter, type Paths } from "./openapi-operations.js";

const ID = parameter(
  "path",
  "id",
  { type: "string", examples: ["nightlight/porch"] },
  "A device's id, encoded: `nightlight%2Fporch`. With its slashes as they are it works as well.",
);
const NAME = parameter("path", "name", { type: "string", examples: ["garden"] }, "A zone's name.");
const DEVICE = { ...parameter("query", "device", { type: "string" }, "A device's id."), required: true };
const RANGE = [
  parameter(
    "query",
    "from",
    { type: "string" },
    "The beginning, included: ms since 1970, or ISO 8601 with its offset. 24 h before `to` unless given.",
  ),
  parameter("query", "to", { type: "string" }, "The end, not included. Now unless given."),
];

const NO_DEVICE = "No such device is known.";
const NO_ZONE = "There is no such zone.";
const BAD_BODY = "The body is not as described; nothing was changed.";
const NO_PAST = "There is no history, or nothing is known of such a device.";
const BAD_QUERY = "A parameter is missing or wrong.";

const devices: Paths = {
  "/api/devices": {
    get: {
      operationId: "listDevices",
      summary: "All devices, sorted by id",
      tag: "devices",
      answers: { 200: json("The devices.", listOf(ref("Device"))) },
    },
  },
  "/api/devices/{id}": {
    get: {
      operationId: "getDevice",
      summary: "One device",
      tag: "devices",
      parameters: [ID],
      answers: { 200: json("The device.", ref("Device")) },
      errors: { 404: NO_DEVICE },
    },
    delete: {
      operationId: "forgetDevice",
      summary: "Forget a device and its history",
      description: "Nothing is kept of it, nor retained at the broker. A device that is heard again is a new one.",
      tag: "devices",
      parameters: [ID],
      answers: { 204: { description: "It is forgotten." } },
      errors: { 404: NO_DEVICE },
    },
  },
  "/api/devices/{id}/mode": {
    put: {
      operationId: "setDeviceMode",
      summary: "Override a lamp, or leave it to the rule again",
      tag: "devices",
      parameters: [ID],
      body: "Override",
      answers: { 200: json("The device as it is now.", ref("Device")) },
      errors: { 400: BAD_BODY, 404: NO_DEVICE },
    },
  },
  "/api/devices/{id}/actions": {
    post: {
      operationId: "requestAction",
      summary: "Ask a device to do something",
      description: "It reaches a board that sleeps when it wakes, unless it has expired by then.",
      tag: "devices",
      parameters: [
        ID,
        parameter(
          "query",
          "wait",
          { type: "number", minimum: 0, maximum: MAX_WAIT, default: WAIT },
          "How long to wait for the outcome, in s.",
        ),
      ],
      body: "Request",
      answers: {
        200: json("The device replied.", ref("Outcome")),
        202: json("There was no reply within `wait`; ask for the outcome later.", ref("Outcome")),
        504: json("There was no reply until it expired.", ref("Outcome")),
      },
      errors: {
        400: "The body or `wait` is not as described; nothing was asked.",
        404: NO_DEVICE,
        409: "The device never announced itself, so that it may not know actions.",
        429: `${MAX_PENDING} actions of the device wait for a reply.`,
      },
    },
  },
  "/api/devices/{id}/actions/{seq}": {
    get: {
      operationId: "getAction",
      summary: "What became of an action",
      tag: "devices",
      parameters: [ID, parameter("path", "seq", { type: "integer", minimum: 0 }, "The action's `seq`.")],
      answers: { 200: json("The outcome so far.", ref("Outcome")) },
      errors: { 404: "No such device is known, or nothing of such an action: the last 32 since the start are." },
    },
  },
};

const zones: Paths = {
  "/api/zones": {
    get: {
      operationId: "listZones",
      summary: "All zones, in the order of the configuration",
      tag: "zones",
      answers: { 200: json("The zones.", listOf(ref("Zone"))) },
    },
  },
  "/api/zones/{name}": {
    get: {
      operationId: "getZone",
      summary: "One zone",
      tag: "zones",
      parameters: [NAME],
      answers: { 200: json("The zone.", ref("Zone")) },
      errors: { 404: NO_ZONE },
    },
  },
  "/api/zones/{name}/mode": {
    put: {
      operationId: "setZoneMode",
      summary: "Override the lamps of a zone, or leave them to the rule again",
      tag: "zones",
      parameters: [NAME],
      body: "Override",
      answers: { 200: json("The zone as it is now.", ref("Zone")) },
      errors: { 400: BAD_BODY, 404: NO_ZONE },
    },
  },
};

const past: Paths = {
  "/api/history": {
    get: {
      operationId: "getHistory",
      summary: "A device's light and lamp, as a plot wants them",
      description:
        "In so few buckets that they can be drawn, each with the darkest and the brightest reading of its time.",
      tag: "history",
      parameters: [
        DEVICE,
        ...RANGE,
        parameter(
          "query",
          "points",
          { type: "integer", minimum: 1, maximum: MAX_POINTS, default: POINTS },
          "How many buckets at most.",
        ),
      ],
      answers: { 200: json("What is known of that time.", ref("History")) },
      errors: { 400: BAD_QUERY, 404: NO_PAST },
    },
  },
  "/api/history.csv": {
    get: {
      operationId: "exportHistory",
      summary: "Every reading and every switch of a device as CSV",
      description:
        "RFC 4180, oldest first: `time` (ISO 8601, UTC), and `light` of a reading, or `led_on`, `by` and `reason` of a switch. A reason that a spreadsheet would take for a formula begins with an apostrophe.",
      tag: "history",
      parameters: [DEVICE, ...RANGE],
      answers: { 200: { description: "The file.", type: "text/csv", schema: { type: "string" } } },
      errors: { 400: BAD_QUERY, 404: NO_PAST },
    },
  },
  "/api/recent": {
    get: {
      operationId: "getRecent",
      summary: "The latest 600 readings of a device, from memory",
      tag: "history",
      parameters: [DEVICE],
      answers: {
        200: json("The readings.", {
          type: "object",
          properties: { points: { ...listOf(ref("Point")), maxItems: 600 } },
          required: ["points"],
        }),
      },
      errors: { 400: BAD_QUERY, 404: NO_DEVICE },
    },
  },
};

/** What is described of lights: devices, zones, and what they were. */
export const LIGHT_PATHS: Paths = { ...devices, ...zones, ...past };
