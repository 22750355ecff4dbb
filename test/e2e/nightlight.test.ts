import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LESSON_RULE, topicOf, type Channel } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { connect, startRig, type ObservedMessage, type Rig } from "../support/rig.js";

const ID = "nightlight/sim-1";
const COMMANDS_TOPIC = topicOf(ID, "commands");

describe.each(["embedded", "mosquitto"] as const)("the nightlight, with the %s broker", (broker) => {
  describe.skipIf(broker === "mosquitto" && isMissing(MOSQUITTO, "Mosquitto"))("", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await startRig({ broker });
    });
    afterAll(() => rig?.close());

    const getBoard = () => rig.boards[0];
    const waitForLamp = (on: boolean, within = 1000) =>
      eventually(() => getBoard().lamp === on, { within, what: `the lamp to be ${on ? "on" : "off"}` });

    it("switches the lamp on within a second when the light falls, and off when it rises", async () => {
      for (const [light, on] of [
        [100, true],
        [900, false],
        [299, true],
        [300, false],
      ] as const) {
        getBoard().setLight(light);
        await waitForLamp(on);
      }
    });

    it("publishes telemetry from the board and retained commands from the server", async () => {
      const before = rig.seen.length;
      getBoard().setLight(150);
      // The first reading may be the mean of samples from before and after the change.
      const isDark = ({ topic, text }: ObservedMessage): boolean =>
        topic === topicOf(ID, "telemetry") && (JSON.parse(text) as { light: number }).light < 300;
      await eventually(() => rig.seen.slice(before).some(isDark), { what: "telemetry" });
      await waitForLamp(true);
      const retained = await readRetained(rig, COMMANDS_TOPIC);
      expect(JSON.parse(retained)).toMatchObject({ led_on: true });
    });

    it("reports the board's type and the lamp's new state to the server", async () => {
      getBoard().setLight(100);
      await eventually(() => rig.server.devices.get(ID)?.led_on === true, { what: "the device's lamp" });
      expect(rig.server.devices.get(ID)).toMatchObject({ id: ID, online: true, decided_by: "server", board: "nightlight_xiao_esp32c3" }); // prettier-ignore
    });

    it("executes 200 commands that arrive in one burst, all of them and in order", async () => {
      getBoard().setLight(900);
      await waitForLamp(false);
      const lamp: boolean[] = [];
      const recordLamp = (on: boolean) => lamp.push(on);
      getBoard().on("lamp", recordLamp);
      const burst = Array.from({ length: 200 }, (_, i) => ({ led_on: i % 2 === 0 }));
      await Promise.all(
        burst.map((command) => rig.observer.publishAsync(COMMANDS_TOPIC, JSON.stringify(command), { qos: 1 })),
      );
      await eventually(() => lamp.length >= burst.length, { within: 10_000, what: "two hundred switches" });
      getBoard().off("lamp", recordLamp);
      expect(lamp).toEqual(burst.map((command) => command.led_on));
    });

    it("survives all invalid messages to the board, and counts them", async () => {
      const countRejected = async () => (await requestReport(rig)).rejected ?? 0;
      const before = await countRejected();
      // `garbage` is invalid on both topics, `wrong` only on `commands`, and `config` only on `config`
      const garbage = ["{", "", "nonsense", "[]", "5", "true", '"x"', '{"a":'.repeat(300), "[".repeat(1000), '{"led_on":01}', Buffer.from([0, 255, 254, 128]), Buffer.from('{"é":"\u00ff', "latin1"), "x".repeat(1500)]; // prettier-ignore
      const wrong = ['{"led_on":1}', '{"led_on":"true"}', '{"led_on":null}', '{"led_on":"é"}', '{"action":"explode","seq":1}', '{"action":"reboot"}', '{"light":1e9}', "{}"]; // prettier-ignore
      const config = ['{"threshold":"300"}', '{"sample":0}', '{"report":"never"}', '{"threshold":1e9}'];
      const huge = Buffer.alloc(1_000_000, 97);
      const publishAll = (channel: Channel, payloads: (string | Buffer)[]) =>
        Promise.all(payloads.map((payload) => rig.observer.publishAsync(topicOf(ID, channel), payload, { qos: 1 })));
      await publishAll("commands", [...garbage, ...wrong, huge]);
      // the board does not reject the empty payload, which validly clears a retained message
      await publishAll("config", [...garbage, ...config, huge]);
      getBoard().setLight(120);
      await waitForLamp(true, 5000);
      getBoard().setLight(880);
      await waitForLamp(false);
      const empty = garbage.filter((payload) => payload.length === 0).length;
      // only Mosquitto delivers the two huge messages to the board; the embedded broker rejects them
      const tooLarge = broker === "mosquitto" ? 2 : 0;
      expect((await countRejected()) - before).toBe(
        2 * (garbage.length - empty) + wrong.length + config.length + tooLarge,
      );
      expect(getBoard().crashes).toBe(0);
    });

    it("shows whether the board has applied a change of its settings, which may wait until it is back", async () => {
      const getAppliedConfig = () => rig.server.devices.get(ID)?.config_applied;
      const applyThreshold = (threshold: number) =>
        rig.server.reload({
          policy: { rule: { ...LESSON_RULE, threshold }, reporting: {}, devices: new Map(), zones: [] },
        });
      await eventually(() => getAppliedConfig() === true, { what: "the first settings" });
      applyThreshold(310);
      await eventually(() => getAppliedConfig() === true, { what: "the changed settings" });
      getBoard().network.cut();
      applyThreshold(320);
      expect(getAppliedConfig()).toBe(false);
      getBoard().network.heal();
      await eventually(() => getAppliedConfig() === true, { within: 30_000, what: "the settings that waited" });
      applyThreshold(300);
    });

    it("shows a board as offline after a power cut, and as online after its restart", async () => {
      await getBoard().kill();
      await eventually(() => rig.server.devices.get(ID)?.online === false, { within: 30_000, what: "the will" });
      await getBoard().start();
      await eventually(() => rig.server.devices.get(ID)?.online === true, { within: 10_000, what: "the board" });
    });
  });
});

/** Returns the retained message on a topic. */
async function readRetained(rig: Rig, topic: string): Promise<string> {
  const visitor = await connect(rig.url);
  let found: string | undefined;
  visitor.on("message", (_topic, payload, { retain }) => {
    if (retain) found = payload.toString();
  });
  await visitor.subscribeAsync(topic);
  const text = await eventually(() => found, { what: `a retained message on ${topic}` });
  await visitor.endAsync();
  return text;
}

let actions = 0;

/** Sends a report action to the board and returns the reply. */
async function requestReport(rig: Rig): Promise<{ rejected?: number; connects?: number }> {
  const seq = ++actions;
  await rig.observer.publishAsync(COMMANDS_TOPIC, JSON.stringify({ action: "report", seq }), { qos: 1 });
  const reply = await eventually(
    () => rig.seen.find((m) => m.topic === topicOf(ID, "replies") && m.text.includes(`"seq":${seq},`)),
    { within: 10_000, what: "the report" },
  );
  return JSON.parse(reply.text) as { rejected?: number };
}
