import { Parser } from "@asyncapi/parser";
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../contract/index.js";
import { decode, parseTopic, type Fields } from "../../contract/index.js";
import { CHANNELS } from "../../scripts/docs/channels.js";
import { readMessages, type MessageDoc } from "../../scripts/docs/messages.js";

type ParsedDocument = Awaited<ReturnType<Parser["parse"]>>;

const MESSAGES = readMessages();
const fieldsOf = ({ constant }: MessageDoc): Fields => contract[constant];

describe("docs/asyncapi.yaml", () => {
  let parsed: ParsedDocument;
  beforeAll(async () => {
    const text = await readFile(new URL("../../docs/asyncapi.yaml", import.meta.url), "utf8");
    parsed = await new Parser().parse(text);
  });

  it("is a valid AsyncAPI 3 document without parser warnings", () => {
    const said = parsed.diagnostics.filter(({ severity }) => severity <= 1);
    expect(said.map(({ message, path }) => `${path.join(".")}: ${message}`)).toEqual([]);
    expect(parsed.document?.version()).toBe("3.0.0");
  });

  it("describes topic, QoS and retain flag of each message", () => {
    const document = parsed.document!;
    const names = MESSAGES.map(({ name }) => name);
    expect(
      [
        ...new Set(
          document
            .messages()
            .all()
            .map((message) => message.id()),
        ),
      ].sort(),
    ).toEqual([...names].sort());
    for (const operation of document.operations().all()) {
      expect(operation.messages().all()).toHaveLength(1);
      const mqtt = operation.bindings().get("mqtt")!.json<{ qos: number; retain: boolean }>();
      expect(mqtt.qos).toBe(1);
      // Only messages that contain a state are retained.
      const states = ["LampCommand", "Status", "Config", "Decision", "ServerStatus", "UpdateState"];
      expect([operation.id(), mqtt.retain]).toEqual([
        operation.id(),
        states.includes(operation.messages().all()[0].id()),
      ]);
    }
  });

  it("is written from the server's perspective: send and receive have the right direction", () => {
    const document = parsed.document!;
    const sent = document.operations().filterBySend();
    const topics = sent.flatMap((operation) =>
      operation
        .channels()
        .all()
        .map((channel) => channel.address()),
    );
    expect(topics.sort()).toEqual([
      "{id}/commands",
      "{id}/commands",
      "{id}/config",
      "{id}/decision",
      "{id}/update",
      "{prefix}/status",
    ]);
    const action = document.operations().get("requestAction")!;
    expect(action.reply()?.channel()?.address()).toBe("{id}/replies");
  });

  it("uses the same topics as the contract", () => {
    for (const [name, { address }] of Object.entries(CHANNELS)) {
      const topic = address
        .replace("{id}", "nightlight/kitchen")
        .replace("{prefix}", "nightlight")
        .replace("{zone}", "hall");
      const channel = name === "serverStatus" ? "status" : name === "zoneSet" ? "set" : name;
      expect(parseTopic(topic)?.channel).toBe(channel);
      expect(parsed.document!.channels().get(name)!.address()).toBe(address);
    }
  });

  it("contains only examples that the contract decodes unchanged", () => {
    for (const doc of MESSAGES) {
      const examples = parsed.document!.components().messages().get(doc.name)!.examples().all();
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const payload = example.payload() as object;
        expect(decode(fieldsOf(doc), Buffer.from(JSON.stringify(payload)))).toEqual({ value: payload });
      }
    }
  });
});
