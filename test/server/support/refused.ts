/** Clients whose bytes the broker refuses, and those that must not notice. */
import { spawn } from "node:child_process";
import { expect, onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import type { BareBroker } from "./bare-broker.js";
import { connected, raw, type RawClient } from "./raw.js";
import { client } from "./server.js";

/**
 * Sends bytes, waits for the end of the connection, and checks that this was counted once.
 * @param isConnected whether the client is let in before
 */
export async function expectRefused(
  { url, rejected }: BareBroker,
  version: 4 | 5,
  isConnected: boolean,
  bytes: Buffer,
): Promise<RawClient> {
  rejected.length = 0;
  const sender = isConnected ? await connected(url, "sender", { protocolVersion: version }) : raw(url, { version });
  sender.sendBytes(bytes);
  await sender.ended();
  await eventually(() => rejected.length > 0, { what: "the counter" });
  expect(rejected).toEqual([expect.stringMatching(/^malformed-packet /)]);
  const letIn = sender.packets.some((packet) => packet.cmd === "connack" && !packet.returnCode && !packet.reasonCode);
  expect(letIn).toBe(isConnected);
  return sender;
}

/** The topics of the retained messages that a new client receives from `#`. */
export async function retainedIn({ url }: BareBroker): Promise<string[]> {
  const reader = await client(url, {}, "#");
  await reader.publishAsync("last", "", { qos: 1 });
  await eventually(() => reader.got.some(({ topic }) => topic === "last"), { what: "the last message" });
  return reader.got.filter(({ retained }) => retained).map(({ topic }) => topic);
}

/** Checks that a real `mosquitto_sub` on `#` keeps its connection while others do something, and gets what comes later. */
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
  const good = await client(url);
  const isSubscribed = async (): Promise<boolean> => {
    await good.publishAsync("before", "1", { qos: 1 });
    return out.includes("before 1");
  };
  await eventually(isSubscribed, { what: "its subscription", every: 50 });
  await others();
  await good.publishAsync("after", "2", { qos: 1, retain: true });
  await eventually(() => out.includes("after 2"), { what: "the message" });
  expect(new Set(out.trim().split("\n"))).toEqual(new Set(["before 1", "after 2"]));
  expect(child.exitCode).toBe(null);
}
