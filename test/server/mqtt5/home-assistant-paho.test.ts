/** Tests Home Assistant's client library, Paho for Python, with MQTT 5 and the packets that Home Assistant sends. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../support/free-port.js";
import { eventually } from "../../support/eventually.js";
import { isMissing } from "../../support/programs.js";
import { PYTHON_WITH_PAHO } from "../../support/python.js";
import { findDiscoveryProblems, type Discovery } from "../support/homeassistant.js";
import { connectClient5, waitForMessage, textsOf } from "../support/mqtt5.js";
import { connectClient, startTestServer, createTemporaryFolder } from "../support/server.js";

const HOME_ASSISTANT_PROGRAM = fileURLToPath(new URL("home_assistant.py", import.meta.url));
const CONFIG_TOPIC = "homeassistant/device/nightlight_nightlight__porch/config";

interface ClientEvent {
  readonly event: "connected" | "disconnected" | "granted" | "unsubscribed" | "message";
  readonly reason?: number;
  readonly session?: number;
  readonly codes?: number[];
  readonly topic?: string;
  readonly text?: string;
  readonly retain?: boolean;
}

/** Starts the Python client and stops it after the test. */
function startHomeAssistant(port: number) {
  const child = spawn(PYTHON_WITH_PAHO!, [HOME_ASSISTANT_PROGRAM, String(port)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (text) => (out += String(text)));
  const eventsOf = (kind?: ClientEvent["event"]): ClientEvent[] =>
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ClientEvent)
      .filter(({ event }) => kind === undefined || event === kind);
  const lastMessageOn = (topic: string): ClientEvent | undefined =>
    eventsOf("message").findLast((event) => event.topic === topic);
  return { eventsOf, lastMessageOn, tell: (...words: string[]) => void child.stdin.write(words.join(" ") + "\n") };
}

/** Starts a server with one board, and waits for the server's decision, which is retained. */
async function startWithBoard() {
  const options = { data: await createTemporaryFolder(), mqttPort: await freePort(), http: false } as const;
  const started = await startTestServer(options);
  const board = await connectClient(started.brokerUrl, {}, "nightlight/porch/commands", "nightlight/porch/decision");
  await board.publishAsync("nightlight/porch/status", '{"online":true,"board":"XIAO"}', { qos: 1, retain: true });
  await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => board.got.some(({ topic }) => topic === "nightlight/porch/decision"), {
    what: "the decision",
  });
  return { ...options, started, board };
}

describe.skipIf(isMissing(PYTHON_WITH_PAHO, "Python with Paho"))("Home Assistant with MQTT 5", () => {
  test("Home Assistant finds the board, switches its lamp, follows its state, and unsubscribes", async () => {
    const { mqttPort, board } = await startWithBoard();
    const ha = startHomeAssistant(mqttPort);
    const { text, retain } = await eventually(() => ha.lastMessageOn(CONFIG_TOPIC), { what: "the board's discovery" });
    expect(retain).toBe(true);
    expect(findDiscoveryProblems("homeassistant", CONFIG_TOPIC, text!)).toEqual([]);
    expect(ha.eventsOf("connected")).toEqual([{ event: "connected", reason: 0, session: 0 }]);
    await eventually(() => ha.eventsOf("granted").length === 9, { what: "all subscriptions" });
    expect(ha.eventsOf("granted").map(({ codes }) => codes)).toEqual(Array.from({ length: 9 }, () => [0]));

    const { lamp } = (JSON.parse(text!) as Discovery).components;
    const { state_topic, command_topic, payload_off } = lamp as unknown as Record<string, string>;
    const availability = lamp.availability!.map(({ topic }) => topic);
    ha.tell("subscribe", "1", state_topic, ...availability);
    // Searches all messages for a retained one, because a live message may follow it at any time.
    const isRetained = (topic: string) => ha.eventsOf("message").some((event) => event.topic === topic && event.retain);
    await eventually(() => [state_topic, ...availability].every(isRetained), { what: "the retained states" });
    expect(ha.eventsOf("granted").at(-1)!.codes).toEqual(Array(1 + availability.length).fill(1));
    ha.tell("publish", command_topic, payload_off.replaceAll(" ", ""));
    await eventually(() => board.got.some((got) => got.text === '{"led_on":false}'), { what: "the lamp to be off" });
    await eventually(() => ha.lastMessageOn(state_topic)!.text!.includes('"mode":"off"'), { what: "its new state" });
    expect(ha.lastMessageOn(state_topic)!.retain).toBe(false);

    ha.tell("unsubscribe", state_topic);
    await eventually(() => ha.eventsOf("unsubscribed").length === 1, { what: "UNSUBACK" });
    const before = ha.eventsOf("message").length;
    const earlier = board.got.length;
    await board.publishAsync(command_topic, '{"mode":"on"}', { qos: 1 });
    await eventually(() => board.got.slice(earlier).some((got) => got.text === '{"led_on":true}'), {
      what: "the lamp to be on",
    });
    expect(ha.eventsOf("message").slice(before).filter(({ topic }) => topic === state_topic)).toEqual([]); // prettier-ignore
  });

  test("Home Assistant receives all discovery messages again after its birth message", async () => {
    const { mqttPort } = await startWithBoard();
    const ha = startHomeAssistant(mqttPort);
    await eventually(() => ha.lastMessageOn(CONFIG_TOPIC)?.retain === false, {
      what: "the answer to its birth message",
    });
    expect(ha.lastMessageOn("homeassistant/status")).toMatchObject({ text: "online" });
  });

  test("Home Assistant reconnects after a server restart and finds everything again", async () => {
    const { started, ...options } = await startWithBoard();
    const ha = startHomeAssistant(options.mqttPort);
    await eventually(() => ha.lastMessageOn(CONFIG_TOPIC), { what: "the board's discovery" });
    ha.tell("subscribe", "1", "nightlight/porch/decision");
    await eventually(() => ha.lastMessageOn("nightlight/porch/decision"), { what: "the lamp's state" });
    await started.close();
    // reason code 0x8b means "Server shutting down"
    await eventually(() => ha.eventsOf("disconnected")[0]?.reason === 0x8b, { what: "DISCONNECT" });
    const before = ha.eventsOf("message").length;
    await startTestServer({ data: options.data, mqttPort: options.mqttPort, http: false });
    await eventually(() => ha.eventsOf("connected").length === 2, { what: "the reconnect" });
    for (const topic of [CONFIG_TOPIC, "nightlight/porch/decision"])
      await eventually(
        () => ha.eventsOf("message").slice(before).some((event) => event.topic === topic && event.retain),
        { what: topic },
      ); // prettier-ignore
  });

  test("Home Assistant has its will published when it stops, and not when its integration is reloaded", async () => {
    const { mqttPort, started } = await startWithBoard();
    const watcher = await connectClient5(started.brokerUrl);
    await watcher.subscribeAsync("homeassistant/status", { qos: 1 });
    const ha = startHomeAssistant(mqttPort);
    await waitForMessage(watcher, "online");
    ha.tell("reload");
    await eventually(() => ha.eventsOf("connected").length === 2, { what: "the new connection" });
    await eventually(() => watcher.received.length === 2, { what: "the next birth message" });
    ha.tell("stop");
    await waitForMessage(watcher, "offline");
    expect(textsOf(watcher.received)).toEqual(["online", "online", "offline"]);
  });
});
