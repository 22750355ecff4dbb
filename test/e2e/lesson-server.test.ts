import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { brokerSettingsOf, loadFirmware, SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { PYTHON_WITH_PAHO } from "../support/python.js";
import { connect } from "../support/rig.js";

const ID = "4f2c9d1e";
const LESSON_SERVER = fileURLToPath(new URL("lesson-server.py", import.meta.url));

/** Starts the lesson's Python server. */
function startLessonServer(port: number): ChildProcess {
  return spawn(PYTHON_WITH_PAHO as string, [LESSON_SERVER, "127.0.0.1", String(port), ID], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function killChild(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto") || isMissing(PYTHON_WITH_PAHO, "Python with paho-mqtt"))(
  "a server that a student wrote for the lesson",
  () => {
    let mosquitto: Mosquitto;
    let board: SimulatedBoard;
    let server: ChildProcess;
    let printed = "";

    beforeAll(async () => {
      mosquitto = await startMosquitto();
      server = startLessonServer(mosquitto.port);
      server.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
      await waitForSubscription();
      const settings = { ...brokerSettingsOf(mosquitto.url), NL_ID: ID };
      board = new SimulatedBoard({ id: ID, ...loadFirmware(), settings });
      await board.start();
    });
    afterAll(async () => {
      await board?.stop();
      if (server) await killChild(server);
      await mosquitto?.remove();
    });

    /** Waits until the lesson's server has subscribed. It would miss readings that a board sends earlier. */
    async function waitForSubscription(): Promise<void> {
      const client = await connect(mosquitto.url);
      const isSubscribed = async (): Promise<boolean> => {
        await client.publishAsync(topicOf(ID, "telemetry"), '{"light":100}');
        return printed.includes("Message received");
      };
      await eventually(isSubscribed, { within: 30_000, every: 100, what: "the lesson's server to subscribe" });
      await client.endAsync();
    }

    it("receives our board's telemetry and controls our board's lamp", async () => {
      board.setLight(120);
      await eventually(() => printed.includes("'light': 120"), { within: 10_000, what: "the lesson's server to print the light" }); // prettier-ignore
      await eventually(() => board.lamp, { what: "the lamp" });
      board.setLight(700);
      await eventually(() => !board.lamp, { what: "the lamp to go out" });
      board.setLight(299);
      await eventually(() => board.lamp, { what: "the lamp" });
      expect(printed).toContain("Sending message: {'led_on': False}");
    });

    it("controls the lamp although the broker retains the offline status of another server", async () => {
      const client = await connect(mosquitto.url);
      await client.publishAsync("nightlight/status", '{"online":false}', { qos: 1, retain: true });
      await client.publishAsync(topicOf(ID, "config"), '{"alone_after":1000,"threshold":0}', { qos: 1, retain: true });
      for (const light of [900, 100, 900, 100]) {
        board.setLight(light);
        await eventually(() => board.lamp === light < 300, { what: `the lamp at light ${light}` });
      }
      await client.endAsync();
    });

    it("receives the readings of an outage in order, so that its last command is for the present light", async () => {
      const client = await connect(mosquitto.url);
      await client.publishAsync(topicOf(ID, "config"), '{"alone_after":1000}', { qos: 1, retain: true });
      await client.endAsync();
      // the board handles messages in order: once the lamp follows, the configuration is applied
      board.setLight(900);
      await eventually(() => !board.lamp, { what: "the lamp to go out" });
      board.network.cut();
      // the board decides by itself during the outage, so a lamp that follows shows that a reading was taken
      for (const light of [100, 800, 200, 700, 100, 900]) {
        board.setLight(light);
        await eventually(() => board.lamp === light < 300, { within: 15_000, what: `the lamp at light ${light}` });
      }
      const before = printed.length;
      board.network.heal();
      const listReadings = (): RegExpMatchArray[] => [
        ...printed.slice(before).matchAll(/'light': (\d+).*'seq': (\d+)/g),
      ];
      // The board sends at least one reading for each light of the outage, and a current one after each connect.
      await eventually(() => listReadings().length >= 7 && listReadings().at(-1)![1] === "900", {
        within: 10_000,
        what: () => `the stored and the current readings, instead of ${listReadings().join("; ")}`,
      });
      const numbers = listReadings().map(([, , seq]) => Number(seq));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      await eventually(() => !board.lamp, { what: "the lamp to go out" });
    });
  },
);
