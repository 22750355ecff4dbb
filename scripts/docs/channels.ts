/** Who says what to whom: what the contract's tables of fields do not tell. */
import type { Channel } from "../../contract/index.js";
import type { MessageName } from "./messages.js";

/** A topic, and what goes over it. */
export interface ChannelDoc {
  /** `{id}`, `{prefix}` and `{zone}` stand for themselves. */
  readonly address: string;
  readonly title: string;
  readonly flows: readonly Flow[];
}

/** A message on its way. All go at QoS 1. */
export interface Flow {
  readonly message: MessageName;
  readonly from: string;
  readonly to: string;
  /** What the server does, in the AsyncAPI document. */
  readonly operation: string;
  readonly retain: boolean;
  /** What the broker publishes, retained, when the sender's connection is lost. */
  readonly will?: object;
  /** Where it is answered. */
  readonly reply?: ChannelName;
  readonly summary: string;
  /** For the table: as short as can be. */
  readonly example: object;
}

export type ChannelName = Channel | "serverStatus" | "zoneSet";

export const CHANNELS: Readonly<Record<ChannelName, ChannelDoc>> = {
  telemetry: {
    address: "{id}/telemetry",
    title: "Readings",
    flows: [
      {
        message: "TELEMETRY",
        from: "device",
        to: "server",
        operation: "receiveReading",
        retain: false,
        summary: "A reading, which the server answers with what the lamp is to be.",
        example: { light: 212 },
      },
    ],
  },
  commands: {
    address: "{id}/commands",
    title: "Commands",
    flows: [
      {
        message: "LAMP_COMMAND",
        from: "server",
        to: "device",
        operation: "commandLamp",
        retain: true,
        summary: "The state that the lamp is to have; retained, so that a device that was away gets the latest.",
        example: { led_on: true },
      },
      {
        message: "ACTION_COMMAND",
        from: "server",
        to: "device",
        operation: "askForAction",
        retain: false,
        reply: "replies",
        summary: "Something to be done once, only ever asked of a device that announced itself on its status.",
        example: { action: "report", seq: 1 },
      },
    ],
  },
  replies: {
    address: "{id}/replies",
    title: "Replies to actions",
    flows: [
      {
        message: "REPLY",
        from: "device",
        to: "server",
        operation: "receiveReply",
        retain: false,
        summary: "What became of the action with the same seq.",
        example: { seq: 1, ok: true, light: 212 },
      },
    ],
  },
  status: {
    address: "{id}/status",
    title: "A device's status",
    flows: [
      {
        message: "STATUS",
        from: "device",
        to: "server, apps",
        operation: "receiveStatus",
        retain: true,
        will: { online: false },
        summary: "Whether the device is there, and what it says of itself.",
        example: { online: true, decided_by: "server" },
      },
    ],
  },
  config: {
    address: "{id}/config",
    title: "A device's configuration",
    flows: [
      {
        message: "CONFIG",
        from: "server",
        to: "device",
        operation: "configureDevice",
        retain: true,
        summary: "The rule and how to report. An empty retained message brings the defaults back.",
        example: { threshold: 300, hysteresis: 20 },
      },
    ],
  },
  set: {
    address: "{id}/set",
    title: "Overriding a lamp",
    flows: [
      {
        message: "OVERRIDE",
        from: "apps",
        to: "server",
        operation: "receiveOverride",
        retain: false,
        summary: "What a person wants of a lamp.",
        example: { mode: "on", for: 7_200_000 },
      },
    ],
  },
  zoneSet: {
    address: "{prefix}/zones/{zone}/set",
    title: "Overriding a zone",
    flows: [
      {
        message: "OVERRIDE",
        from: "apps",
        to: "server",
        operation: "receiveZoneOverride",
        retain: false,
        summary: "What a person wants of all lamps of a zone.",
        example: { mode: "off" },
      },
    ],
  },
  decision: {
    address: "{id}/decision",
    title: "Decisions",
    flows: [
      {
        message: "DECISION",
        from: "server",
        to: "apps",
        operation: "tellDecision",
        retain: true,
        summary: "What was decided for a lamp, and why; sent when it changes.",
        example: { led_on: true, mode: "auto", reason: "light 212 < 300" },
      },
    ],
  },
  serverStatus: {
    address: "{prefix}/status",
    title: "The server's status",
    flows: [
      {
        message: "SERVER_STATUS",
        from: "server",
        to: "devices, apps",
        operation: "tellStatus",
        retain: true,
        will: { online: false },
        summary: "Whether the server is there: a device that is left alone decides for itself.",
        example: { online: true },
      },
    ],
  },
};
