import { startServer, type NightlightServer } from "nightlight-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { startRig, type Rig } from "../support/rig.js";

const ID = "nightlight/sim-1";

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("an action", () => {
  let rig: Rig;
  let again: NightlightServer | undefined;
  beforeAll(async () => {
    rig = await startRig({ broker: "mosquitto" });
  });
  afterAll(async () => {
    await again?.close();
    await rig?.close();
  });

  const lastIndexOfMessage = (topic: string, text: string) =>
    rig.seen.findLastIndex((m) => m.topic === topic && m.text.includes(text));

  it("waits while the server is offline, because only the server knows whether the action has expired", async () => {
    await rig.server.close();
    await eventually(() => lastIndexOfMessage("nightlight/status", "false") >= 0, {
      what: "the server's offline status",
    });
    await rig.observer.publishAsync(topicOf(ID, "commands"), '{"action":"report","seq":2147483000}', { qos: 1 });
    // waits for three readings, so that a faulty board has time to execute the action before the server is back
    for (const light of [100, 800, 200]) {
      rig.boards[0].setLight(light);
      await eventually(() => lastIndexOfMessage(topicOf(ID, "telemetry"), `"light":${light}`) >= 0, {
        what: `a reading of ${light}`,
      });
    }
    again = await startServer({ broker: rig.url, httpPort: 0, log: "silent", data: rig.data });
    await eventually(() => lastIndexOfMessage(topicOf(ID, "replies"), "2147483000") >= 0, {
      within: 10_000,
      what: "the report",
    });
    expect(lastIndexOfMessage(topicOf(ID, "replies"), "2147483000")).toBeGreaterThan(
      lastIndexOfMessage("nightlight/status", "true"),
    );
  });
});
