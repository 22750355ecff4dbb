/** The AsyncAPI 3 document that describes the MQTT messages. */
import { DEFAULT_PREFIX, MAX_DEPTH, MAX_ID_LENGTH, MAX_PAYLOAD_SIZE } from "../../contract/index.js";
import { DEFAULT_OPTIONS } from "../../server/src/config/options.js";
import { VERSION } from "../../server/src/common/version.js";
import { CHANNELS, type ChannelDoc, type MessageFlow } from "./channels.js";
import type { MessageDoc } from "./messages.js";
import { createJsonSchema } from "./schema.js";

const MQTT_BINDING = { bindingVersion: "0.2.0" };

const CHANNEL_PARAMETERS: Readonly<Record<string, object>> = {
  id: {
    description:
      `The device's id: a topic prefix of at most ${MAX_ID_LENGTH} printable ASCII characters without # and +. It does not begin with $, ` +
      `and may have several levels.`,
    examples: [`${DEFAULT_PREFIX}/kitchen`, "1f3b2a"],
  },
  prefix: {
    description: `The part of a device's id before the last /; ${DEFAULT_PREFIX} for an id without a /.`,
    default: DEFAULT_PREFIX,
  },
  zone: { description: "The name of a zone in the server's configuration.", examples: ["hall"] },
};

const DOCUMENT_DESCRIPTION = [
  "Microcontrollers with a light sensor and a lamp, and a server that decides when each lamp is on.",
  "Operations are described from the server's point of view. All messages are sent at QoS 1. Payloads " +
    `are JSON objects of at most ${MAX_PAYLOAD_SIZE} bytes, nested at most ${MAX_DEPTH} deep; receivers ignore unknown fields.`,
].join("\n\n");

/** Returns the AsyncAPI 3 document as an object. */
export function createAsyncapi(messages: readonly MessageDoc[]): object {
  const nameOf = new Map(messages.map(({ constant, name }) => [constant, name]));
  const channels = Object.entries(CHANNELS);
  const refsOf = (channel: string, flows: readonly MessageFlow[]): object[] =>
    flows.map(({ message }) => ({ $ref: `#/channels/${channel}/messages/${nameOf.get(message)}` }));

  const describeChannel = ({ address, title, flows }: ChannelDoc): object => ({
    address,
    title,
    parameters: Object.fromEntries(
      Array.from(address.matchAll(/\{(\w+)\}/g), ([, name]) => [name, { $ref: `#/components/parameters/${name}` }]),
    ),
    messages: Object.fromEntries(
      flows.map(({ message }) => [nameOf.get(message), { $ref: `#/components/messages/${nameOf.get(message)}` }]),
    ),
  });

  const describeOperation = (name: string, flow: MessageFlow): object => ({
    action: flow.from === "server" ? "send" : "receive",
    summary: flow.summary,
    channel: { $ref: `#/channels/${name}` },
    messages: refsOf(name, [flow]),
    ...(flow.reply && {
      reply: {
        channel: { $ref: `#/channels/${flow.reply}` },
        messages: refsOf(flow.reply, CHANNELS[flow.reply].flows),
      },
    }),
    bindings: { mqtt: { qos: 1, retain: flow.retain, ...MQTT_BINDING } },
  });

  const describeMessage = (doc: MessageDoc): object => {
    const flows = channels.flatMap(([, { flows }]) => flows).filter(({ message }) => message === doc.constant);
    const examples = flows.flatMap(({ example, will }) => [{ payload: example }, ...(will ? [{ payload: will }] : [])]);
    return {
      title: doc.name,
      contentType: "application/json",
      payload: { $ref: `#/components/schemas/${doc.name}` },
      ...(["ACTION_COMMAND", "REPLY"].includes(doc.constant) && {
        correlationId: {
          description: "Identifies the action that a reply belongs to.",
          location: "$message.payload#/seq",
        },
      }),
      examples,
    };
  };

  return {
    asyncapi: "3.0.0",
    info: { title: "Nightlight", version: VERSION, description: DOCUMENT_DESCRIPTION, license: { name: "MIT" } },
    defaultContentType: "application/json",
    servers: describeServers(),
    channels: Object.fromEntries(channels.map(([name, doc]) => [name, describeChannel(doc)])),
    operations: Object.fromEntries(
      channels.flatMap(([name, { flows }]) => flows.map((flow) => [flow.operation, describeOperation(name, flow)])),
    ),
    components: {
      parameters: CHANNEL_PARAMETERS,
      messages: Object.fromEntries(messages.map((doc) => [doc.name, describeMessage(doc)])),
      schemas: Object.fromEntries(messages.map((doc) => [doc.name, createJsonSchema(doc)])),
    },
  };
}

function describeServers(): object {
  const { host, mqttPort, mqttsPort, httpPort, topicPrefix } = DEFAULT_OPTIONS;
  const mqtt = { protocolVersion: "3.1.1" };
  const will = CHANNELS.serverStatus.flows[0].will;
  return {
    embedded: {
      host: `${host}:${mqttPort}`,
      protocol: "mqtt",
      ...mqtt,
      description: "The broker embedded in the server.",
    },
    embeddedTls: {
      host: `${host}:${mqttsPort}`,
      protocol: "secure-mqtt",
      ...mqtt,
      description: "The embedded broker over TLS, when the server has a certificate.",
    },
    embeddedWebSocket: {
      host: `${host}:${httpPort}`,
      pathname: "/mqtt",
      protocol: "ws",
      ...mqtt,
      description: "The embedded broker over WebSocket.",
    },
    joined: {
      host: "{broker}",
      protocol: "mqtt",
      ...mqtt,
      description: "Another broker, to which the server connects with a persistent session.",
      variables: { broker: { description: "Host and port.", default: "localhost:1883" } },
      bindings: {
        mqtt: {
          cleanSession: false,
          lastWill: { topic: `${topicPrefix}/status`, qos: 1, retain: true, message: JSON.stringify(will) },
          ...MQTT_BINDING,
        },
      },
    },
  };
}
