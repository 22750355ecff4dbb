/** Tests that the journal keeps readings that the server could not write to the history database before it stopped. */
import { expect, onTestFinished, test } from "vitest";
import { startServer, type NightlightServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { connectClient, UNLIMITED_HISTORY, createTemporaryFolder } from "./support/server.js";

async function startWithHistory(data: string, url?: string): Promise<NightlightServer> {
  const running = await startServer({ data, mqttPort: 0, httpPort: 0, history: { ...UNLIMITED_HISTORY, url } });
  onTestFinished(() => running.close());
  return running;
}

test("the next start writes readings that the history could not write before the server stopped", async () => {
  const data = await createTemporaryFolder();
  const first = await startWithHistory(data, `postgres://nobody@127.0.0.1:${await freePort()}/nowhere`);
  const board = await connectClient(first.brokerUrl);
  for (let seq = 1; seq <= 50; seq++)
    await board.publishAsync("porch/telemetry", JSON.stringify({ light: seq, boot: 1, seq }), { qos: 1 });
  await board.publishAsync("hall/telemetry", '{"light":7}', { qos: 1 });
  const readStatus = async (): Promise<{ storage: { problem: string | null } }> =>
    (await fetch(`${first.httpUrl}/api/status`)).json() as Promise<{ storage: { problem: string | null } }>;
  await eventually(async () => (await readStatus()).storage.problem, { what: "the reported problem" });
  expect((await readStatus()).storage.problem).toMatch(
    /^The history .* cannot be written .* tries again every second\.$/,
  );
  // the server stays ready because the journal stores the readings
  expect((await fetch(`${first.httpUrl}/readyz`)).status).toBe(200);
  await first.close();

  const second = await startWithHistory(data);
  const readLights = async (device: string): Promise<number[]> =>
    (await second.history.query({ device, from: 0, to: Date.now() + 1, points: 100 })).points.map(({ last }) => last);
  expect(await readLights("porch")).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  expect(await readLights("hall")).toEqual([7]);
});
