/** Checks that the broker rejects malformed packets without affecting other clients. */
import { spawn } from "node:child_process";
import { expect, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import type { BareBroker } from "./bare-broker.js";
import { connectRawClient, openRawClient, type RawClient } from "./raw.js";
import { connectClient } from "./server.js";

/**
 * Sends bytes, waits until the broker closes the connection, and checks that the rejection was counted once.
 * @param isConnected whether the client connects successfully first
 */
export async function expectRefused(
  { url, rejected }: BareBroker,
  version: 4 | 5,
  isConnected: boolean,
  bytes: Buffer,
): Promise<RawClient> {
  rejected.length = 0;
  const sender = isConnected
    ? await connectRawClient(url, "sender", { protocolVersion: version })
    : openRawClient(url, { version });
  sender.sendBytes(bytes);
  await sender.waitForClose();
  await eventually(() => rejected.length > 0, { what: "the broker to count the rejection" });
  expect(rejected).toEqual([expect.stringMatching(/^malformed-packet /)]);
  const letIn = sender.packets.some((packet) => packet.cmd === "connack" && !packet.returnCode && !packet.reasonCode);
  expect(letIn).toBe(isConnected);
  return sender;
}

/** Returns the topics of all retained messages, as a new subscriber of `#` receives them. */
export async function readRetainedTopics({ url }: BareBroker): Promise<string[]> {
  const reader = await connectClient(url, {}, "#");
  await reader.publishAsync("last", "", { qos: 1 });
  await eventually(() => reader.got.some(({ topic }) => topic === "last"), { what: "the last message" });
  return reader.got.filter(({ retained }) => retained).map(({ topic }) => topic);
}

/** Checks that a `mosquitto_sub` on `#` stays connected while `others` runs, and still receives messages after that. */
export async function expectUnharmed(
  { url, broker }: BareBroker,
  protocol: "mqttv311" | "mqttv5",
  others: () => Promise<void>,
): Promise<void> {
  const child = spawn("mosquitto_sub", ["-V", protocol, "-p", new URL(url).port, "-t", "#", "-F", "%t %p"]);
  onTestFinished(() => void child.kill());
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  await eventually(() => broker.stats.clients === 1, { what: "mosquitto_sub" });
  const good = await connectClient(url);
  const isSubscribed = async (): Promise<boolean> => {
    await good.publishAsync("before", "1", { qos: 1 });
    return out.includes("before 1");
  };
  await eventually(isSubscribed, { what: "mosquitto_sub to subscribe", every: 50 });
  await others();
  await good.publishAsync("after", "2", { qos: 1, retain: true });
  await eventually(() => out.includes("after 2"), { what: "mosquitto_sub to receive the later message" });
  expect(new Set(out.trim().split("\n"))).toEqual(new Set(["before 1", "after 2"]));
  expect(child.exitCode).toBe(null);
}
