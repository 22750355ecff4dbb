/** Tests servers that share a Redis with the access control list and the TLS setup of docs/how-to/scaling.md. */
import { Redis } from "ioredis";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { NightlightServer } from "nightlight-server";
import { joinRedis } from "../../server/src/cluster/redis.js";
import { generateCertificate, writeCertificateAndKey } from "../support/certificates.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO, REDIS } from "../support/programs.js";
import { startRedis } from "../support/redis.js";
import { startServerProgram } from "./support/program.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

/** Returns the arguments of the documented `ACL SETUSER` command, with a test password. */
async function readDocumentedUser(): Promise<string[]> {
  const text = await readFile(new URL("../../docs/how-to/scaling.md", import.meta.url), "utf8");
  const [, line] = /^ACL SETUSER (nightlight on >PASSWORD [^`]+?)\n```/m.exec(text)!;
  return line.replaceAll("\\\n", " ").replace("PASSWORD", "secret").split(/\s+/);
}

describe.skipIf(isMissing(MOSQUITTO && REDIS, "Mosquitto and Redis"))("a Redis that is secured", () => {
  let mosquitto: Mosquitto;
  beforeAll(async () => {
    mosquitto = await startMosquitto();
    return () => mosquitto.remove();
  });

  const waitUntilReady = ({ httpUrl }: NightlightServer): Promise<unknown> =>
    eventually(async () => (await fetch(`${httpUrl}/readyz`)).ok, { within: 20_000, what: "the server to be ready" });

  test("the documented ACL user has all permissions that servers need, and no others", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const admin = new Redis(redis.url);
    onTestFinished(() => admin.disconnect());
    await admin.call("ACL", "SETUSER", ...(await readDocumentedUser()));
    await admin.call("ACL", "SETUSER", "default", "nopass");
    await admin.call("ACL", "LOG", "RESET");
    await admin.set("other:key", "x");

    const state = redis.url.replace("redis://", "redis://nightlight:secret@");
    const startMember = () => startTestServer({ broker: mosquitto.url, state });
    const servers = [await startMember(), await startMember()];
    for (const one of servers) await waitUntilReady(one);
    const board = await connectClient(mosquitto.url, {}, "nightlight/+/commands");
    for (let n = 0; n < 40; n++)
      await board.publishAsync(`nightlight/d${n % 20}/telemetry`, '{"light":100,"boot":1,"seq":1}', { qos: 1 });
    await board.publishAsync("nightlight/d1/set", '{"mode":"on","for":60000}', { qos: 1 });
    await eventually(() => new Set(board.got.map(({ topic }) => topic)).size === 20, { what: "20 answers" });
    const listDevices = async (): Promise<unknown[]> =>
      (await (await fetch(`${servers[1].httpUrl}/api/devices`)).json()) as unknown[];
    await eventually(async () => (await listDevices()).length === 20, { what: "all devices" });
    // one server stops, and the other server drains the MQTT session of the stopped one; then Redis loses everything
    await servers[0].close();
    await eventually(async () => (await listDevices()).length === 20, {
      within: 10_000,
      what: "all devices at the other",
    });
    await admin.flushall();
    await eventually(async () => (await admin.exists("nightlight:nightlight:memory")) === 1, { what: "a new memory" });
    await waitUntilReady(servers[1]);
    await eventually(async () => (await listDevices()).length === 20, { what: "all devices again" });
    expect(await admin.call("ACL", "LOG")).toEqual([]);

    const user = new Redis(state, { enableReadyCheck: false });
    onTestFinished(() => user.disconnect());
    for (const [command, ...args] of [
      ["GET", "other:key"],
      ["SET", "nightlight:other", "x"],
      ["PUBLISH", "other", "x"],
      ["SUBSCRIBE", "nightlight:other"],
      ["EVAL", 'return redis.call("SET", "other:key", "y")', "0"],
      ["EVAL", 'return redis.call("FLUSHALL")', "0"],
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["CONFIG", "GET", "*"],
      ["ACL", "WHOAMI"],
      ["SCRIPT", "FLUSH"],
      ["CLIENT", "LIST"],
    ])
      await expect(user.call(command, ...args), `${command} ${args.join(" ")}`).rejects.toThrow(
        /NOPERM|permission|The user executing the script/i,
      );
    expect(await admin.get("other:key")).toBe(null);
  });

  test("servers join a Redis over TLS only if NODE_EXTRA_CA_CERTS contains its certificate authority", async () => {
    const folder = await createTemporaryFolder();
    const authority = await generateCertificate("an authority of one's own", { authority: true });
    const ca = await writeCertificateAndKey(folder, "ca", authority);
    const redis = await startRedis({
      tls: await writeCertificateAndKey(folder, "redis", await generateCertificate("redis", { ca: authority })),
    });
    onTestFinished(() => redis.remove());
    await expect(joinRedis(redis.url, "x")).rejects.toThrow(/cannot be joined \(.*certificate.*--state/);
    const flags = ["--broker", mosquitto.url, "--state", redis.url, "--data", path.join(folder, "data")];
    const program = startServerProgram([...flags, "--topic-prefix", "tls", "--http-port", "0"], {
      NODE_EXTRA_CA_CERTS: ca.cert,
    });
    const { http } = await program.waitForAddresses();
    await eventually(async () => (await fetch(`${http}/readyz`)).ok, {
      within: 20_000,
      what: "the server to be ready",
    });
  });
});
