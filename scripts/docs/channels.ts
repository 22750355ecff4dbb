/** The MQTT topics with the messages on them: sender, receiver, retained flag, will and examples, for the generated docs. */
import type { Channel } from "../../contract/index.js";
import type { MessageName } from "./messages.js";

/** A topic with its messages, as the table of topics and the AsyncAPI document show it. */
export interface ChannelDoc {
  /** The topic, with the parameters `{id}`, `{prefix}` and `{zone}`. */
  readonly address: string;
  readonly title: string;
  readonly flows: readonly MessageFlow[];
}

/** A message that one side sends to another, at QoS 1. */
export interface MessageFlow {
  readonly message: MessageName;
  readonly from: string;
  readonly to: string;
  /** The id of the server's operation in the AsyncAPI document. */
  readonly operation: string;
  readonly retain: boolean;
  /** The will: the retained message that the broker publishes when the sender's connection is lost. */
  readonly will?: object;
  /** The channel on which the receiver replies; undefined when there is no reply. */
  readonly reply?: ChannelName;
  readonly summary: string;
  /** A short example for the table of topics. */
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
        summary: "A reading of the light sensor. The server answers with a lamp command.",
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
        summary: "The new state of the lamp. Retained, so that a device that was offline receives the latest command.",
        example: { led_on: true },
      },
      {
        message: "ACTION_COMMAND",
        from: "server",
        to: "device",
        operation: "requestAction",
        retain: false,
        reply: "replies",
        summary: "An action to run once. The server sends actions only to devices that have published their status.",
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
        summary: "The result of the action with the same seq.",
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
        summary: "Whether the device is online, and facts about the device.",
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
        summary: "The rule's parameters and the reporting interval. An empty retained message restores the defaults.",
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
        summary: "A manual override of a lamp.",
        example: { mode: "on", for: 7_200_000 },
      },
      {
        message: "INSTALLATION",
        from: "apps",
        to: "server",
        operation: "receiveInstallation",
        retain: false,
        summary: "Installs the newest program on the board over the air.",
        example: { install: "latest" },
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
        summary: "A manual override of all lamps of a zone.",
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
        operation: "publishDecision",
        retain: true,
        summary: "The server's decision for a lamp, with the reason; sent when the decision changes.",
        example: { led_on: true, mode: "auto", reason: "light 212 < 300" },
      },
    ],
  },
  update: {
    address: "{id}/update",
    title: "A board's program",
    flows: [
      {
        message: "UPDATE_STATE",
        from: "server",
        to: "apps",
        operation: "publishUpdateState",
        retain: true,
        summary:
          "The installed and the newest version, and the progress of an update; sent for boards that can be updated.",
        example: { installed_version: "0.1.0", latest_version: "0.2.0", in_progress: false },
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
        operation: "publishServerStatus",
        retain: true,
        will: { online: false },
        summary: "Whether the server is online. Without the server, a device decides by itself.",
        example: { online: true },
      },
    ],
  },
};
