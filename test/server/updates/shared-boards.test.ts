/** Tests that servers that share their boards do not update them. */
import { expect, test } from "vitest";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import type { StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import { eventually } from "../../support/eventually.js";
import { startMosquitto } from "../../support/mosquitto.js";
import { isMissing, MOSQUITTO, REDIS } from "../../support/programs.js";
import { startRedis } from "../../support/redis.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";

test.skipIf(isMissing(MOSQUITTO && REDIS, "Mosquitto and Redis"))(
  "a rollout does not continue when the server shares its boards since",
  async ({ onTestFinished }) => {
    const [mosquitto, redis] = await Promise.all([startMosquitto(), startRedis()]);
    onTestFinished(async () => void (await Promise.all([mosquitto.remove(), redis.remove()])));
    const data = await createTemporaryFolder();
    const folder = await openDataFolder(data);
    const rollout: StoredRollout = {
      ...{ state: "running", isRollback: false, acceptedFailures: 0, changedBefore: [] },
      boards: [{ id: "nightlight/porch", version: "2", previous: "1", outcome: "pending" }],
    };
    await folder.values.put("rollout", rollout);
    await folder.close();
    const log = createTestLog();
    const server = await startTestServer({
      ...{ data, log, broker: mosquitto.url, state: redis.url },
      updates: { timeouts: { reconnection: 0 } },
    });
    await eventually(async () => (await fetch(`${server.httpUrl}/readyz`)).ok, { what: "the server to be ready" });
    const texts = log.lines.map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining("The cluster has 1 server"));
    expect(texts.filter((text) => text.includes("rollout"))).toEqual([]);
  },
);
