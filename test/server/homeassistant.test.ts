import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  decode,
  DECISION,
  encode,
  idProblem,
  OVERRIDE,
  SERVER_STATUS,
  STATUS,
  TELEMETRY,
} from "../../contract/index.js";
import { HomeAssistant, type DiscoveryMemory } from "../../server/src/outputs/homeassistant/homeassistant.js";
import { discoveryTopicOf, entityNameOf, objectIdOf } from "../../server/src/outputs/homeassistant/names.js";
import { createDiscoveryPayload, type AnnouncedDevice } from "../../server/src/outputs/homeassistant/payload.js";
import { silentLog } from "../../server/src/observability/log.js";
import { isMissing } from "../support/programs.js";
import {
  findDiscoveryProblems,
  PYTHON_WITH_JINJA,
  renderTemplates,
  type Discovery,
  type Json,
} from "./support/homeassistant.js";

const BOARD: AnnouncedDevice = {
  id: "nightlight/kitchen",
  label: "Kitchen",
  board: "esp32_devkitc",
  firmware: "0.1.0",
  lesson: false,
};
const LESSON_DEVICE: AnnouncedDevice = { id: "1f3b2a", label: "1f3b2a", lesson: true };
const OPTIONS = { prefix: "nightlight", version: "0.1.0" };
const payloadOf = (device: AnnouncedDevice): Discovery => createDiscoveryPayload(device, OPTIONS) as Discovery;

/** Generates device ids that the contract allows. */
const anyId = fc.string({ minLength: 1, maxLength: 96, unit: "grapheme-ascii" }).filter((id) => !idProblem(id));

describe("a discovery message", () => {
  it.each([
    ["a board", BOARD],
    ["a lesson device", LESSON_DEVICE],
    ["a board without optional fields", { id: "x", label: "x", lesson: false }],
  ])("the discovery message of %s is valid for Home Assistant", (_what, device) => {
    const text = JSON.stringify(payloadOf(device));
    expect(findDiscoveryProblems("homeassistant", discoveryTopicOf("homeassistant", device.id), text)).toEqual([]);
  });

  it("the discovery message is valid for every allowed id", () => {
    fc.assert(
      fc.property(anyId, fc.boolean(), (id, lesson) => {
        const text = JSON.stringify(payloadOf({ id, label: id, lesson }));
        expect(findDiscoveryProblems("ha/at home", discoveryTopicOf("ha/at home", id), text)).toEqual([]);
      }),
    );
  });

  it("the validator finds mistakes in a discovery message", () => {
    const wrong = structuredClone(payloadOf(BOARD)) as unknown as Record<string, Record<string, Json>>;
    wrong.components.light.unit = "lx";
    wrong.components.lamp.entity_category = "control";
    delete wrong.components.mode.options;
    const problems = findDiscoveryProblems("homeassistant", "homeassistant/device/a b/config", JSON.stringify(wrong));
    expect(problems).toEqual([
      expect.stringContaining("is not a device discovery topic"),
      "lamp: entity_category",
      "mode needs options",
      'light has no "unit"',
    ]);
  });

  it("each device has a different topic and different unique ids", () => {
    fc.assert(
      fc.property(anyId, anyId, (one, other) => {
        fc.pre(one !== other);
        expect(objectIdOf(one)).not.toBe(objectIdOf(other));
        expect(objectIdOf(one)).toMatch(/^[a-zA-Z0-9_-]+$/);
        const ids = [one, other].flatMap((id) =>
          Object.values(payloadOf({ id, label: id, lesson: false }).components).map(({ unique_id }) => unique_id),
        );
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
    // with a simpler escaping, some of these ids would get the same object id
    const alike = ["a/b", "a_b", "a__b", "a//b", "a-b", "a_2fb", "a/_b", "a_/b", "A/b", "a/b "];
    expect(new Set(alike.map(objectIdOf)).size).toBe(alike.length);
  });

  it("entities have readable names", () => {
    expect(entityNameOf("nightlight/Living room_2")).toBe("nightlight_living_room_2");
    expect(entityNameOf("!?")).toBe("nightlight");
    expect(payloadOf(BOARD).components.lamp).toMatchObject({
      name: null,
      default_entity_id: "light.nightlight_kitchen_lamp",
    });
    expect(payloadOf(BOARD).device).toMatchObject({ name: "Kitchen", model: "esp32_devkitc", sw_version: "0.1.0" });
  });

  it("the light level has no unit, because it is not lux", () => {
    const { light } = payloadOf(BOARD).components;
    expect(light).toMatchObject({ platform: "sensor", state_class: "measurement" });
    expect(light).not.toHaveProperty("unit_of_measurement");
    expect(light).not.toHaveProperty("device_class");
  });

  it("an entity is available while the board and the server that supply it are online", () => {
    const availabilityTopicsOf = (device: AnnouncedDevice, name: string): string[] | undefined =>
      payloadOf(device).components[name].availability?.map(({ topic }) => topic);
    for (const name of ["lamp", "mode", "reason"]) {
      expect(availabilityTopicsOf(BOARD, name)).toEqual(["nightlight/kitchen/status", "nightlight/status"]);
      expect(payloadOf(BOARD).components[name].availability_mode).toBe("all");
      expect(availabilityTopicsOf(LESSON_DEVICE, name)).toEqual(["nightlight/status"]);
    }
    for (const name of ["light", "decided_by", "dropped"])
      expect(availabilityTopicsOf(BOARD, name)).toEqual(["nightlight/kitchen/status"]);
    // a lesson device has no status, so its light expires after a minute
    expect(payloadOf(LESSON_DEVICE).components.light).toMatchObject({ expire_after: 60 });
    expect(availabilityTopicsOf(LESSON_DEVICE, "light")).toBeUndefined();
    expect(Object.keys(payloadOf(LESSON_DEVICE).components)).toEqual(["lamp", "mode", "reason", "light"]);
  });
});

describe.skipIf(isMissing(PYTHON_WITH_JINJA, "Python with Jinja"))("Home Assistant's templates, in real Jinja", () => {
  const { components } = payloadOf(BOARD);
  const createTemplateCase = (template: unknown, message: string): [string, string] => [template as string, message];

  it("a template reads the lamp's state as one of the command payloads", () => {
    const { state_value_template, payload_on, payload_off } = components.lamp;
    expect(
      renderTemplates([
        createTemplateCase(
          state_value_template,
          encode(DECISION, { mode: "auto", led_on: true, reason: "light 212 < 300" }),
        ),
        createTemplateCase(
          state_value_template,
          encode(DECISION, { mode: "off", led_on: false, until: 1_800_000_000_000 }),
        ),
        createTemplateCase(state_value_template, encode(DECISION, { mode: "auto" })),
      ]),
    ).toEqual([payload_on, payload_off, "None"]);
  });

  it("templates read mode, reason, light, decider and number of dropped readings", () => {
    const decision = encode(DECISION, { mode: "auto", led_on: true, reason: 'a "quoted" {{ reason }}' });
    const status = encode(STATUS, { online: true, decided_by: "device", dropped: 7 });
    const will = encode(STATUS, { online: false });
    expect(
      renderTemplates([
        createTemplateCase(components.mode.value_template, decision),
        createTemplateCase(components.reason.value_template, decision),
        createTemplateCase(components.reason.value_template, encode(DECISION, { mode: "auto" })),
        createTemplateCase(components.light.value_template, encode(TELEMETRY, { light: 512.5, boot: 1, seq: 2 })),
        createTemplateCase(components.decided_by.value_template, status),
        createTemplateCase(components.dropped.value_template, status),
        createTemplateCase(components.decided_by.value_template, will),
        createTemplateCase(components.dropped.value_template, will),
      ]),
    ).toEqual(["auto", 'a "quoted" {{ reason }}', "None", "512.5", "device", "7", "None", "None"]);
  });

  it("templates read availability as online or offline", () => {
    const [{ value_template: board }, { value_template: server }] = components.lamp.availability!;
    expect(
      renderTemplates([
        createTemplateCase(board, encode(STATUS, { online: true, board: "esp32_devkitc" })),
        createTemplateCase(board, encode(STATUS, { online: false })),
        createTemplateCase(server, encode(SERVER_STATUS, { online: true })),
        createTemplateCase(server, encode(SERVER_STATUS, { online: false })),
      ]),
    ).toEqual(["online", "offline", "online", "offline"]);
  });

  it("templates create commands that the server understands", () => {
    const options = components.mode.options as string[];
    const commands = renderTemplates(
      options.map((option) => createTemplateCase(components.mode.command_template, option)),
    );
    const { payload_on, payload_off } = components.lamp as Json;
    const understood = [...commands, payload_on, payload_off].map((text) =>
      decode(OVERRIDE, Buffer.from(text as string)),
    );
    expect(understood).toEqual(["auto", "on", "off", "on", "off"].map((mode) => ({ value: { mode } })));
  });
});

describe("announcing", () => {
  /** The retained messages that Home Assistant would find at the broker, by topic. */
  const retained = new Map<string, string>();
  const published: string[] = [];
  const topics = new Set<string>();
  /** The number of topics in each call of `remember`. */
  const remembered: number[] = [];
  const memory: DiscoveryMemory = {
    get topics() {
      return [...topics];
    },
    async remember(others) {
      remembered.push(others.length);
      for (const topic of others) topics.add(topic);
    },
    async forget(topic) {
      topics.delete(topic);
    },
  };
  const boards = Array.from({ length: 500 }, (_, n) => ({ ...BOARD, id: `nightlight/board${n}` }));

  function homeAssistant(discoveryPrefix = "homeassistant"): HomeAssistant {
    return new HomeAssistant({
      ...OPTIONS,
      discoveryPrefix,
      memory,
      log: silentLog,
      publisher: {
        publish(topic, payload, mode) {
          expect(mode).toBe("retained");
          // the integration must store a topic before it publishes on the topic; otherwise, a server that is killed
          // in between could not clear the retained message after its restart
          if (payload.length > 0) expect(topics).toContain(topic);
          published.push(topic);
          if (payload.length > 0) retained.set(topic, payload.toString());
          else retained.delete(topic);
        },
      },
    });
  }

  beforeEach(() => {
    vi.useFakeTimers();
    retained.clear();
    topics.clear();
    published.length = remembered.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("a device is announced once, and again when it changes", () => {
    const ha = homeAssistant();
    ha.enable();
    ha.announce(LESSON_DEVICE);
    ha.announce({ ...LESSON_DEVICE });
    vi.advanceTimersByTime(1000);
    expect(published).toEqual(["homeassistant/device/nightlight_1f3b2a/config"]);
    ha.announce({ ...LESSON_DEVICE, label: "Desk", lesson: false });
    vi.advanceTimersByTime(1000);
    expect(published).toHaveLength(2);
    const [config] = [...retained.values()].map((text) => JSON.parse(text) as Discovery);
    expect(config.device.name).toBe("Desk");
    expect(config.components).toHaveProperty("decided_by");
    ha.close();
  });

  it("announcements are throttled: 500 boards take a few seconds, and each is announced once", () => {
    const ha = homeAssistant();
    ha.enable();
    for (const device of boards) ha.announce(device);
    expect(published.length).toBeLessThanOrEqual(10);
    vi.advanceTimersByTime(1000);
    expect(published.length).toBeLessThanOrEqual(210);
    vi.advanceTimersByTime(2000);
    expect(retained.size).toBe(500);
    expect(published).toHaveLength(500);
    // the integration stores ten topics per call, so 500 topics need about 50 calls
    expect(remembered.length).toBeLessThanOrEqual(51);
    ha.close();
  });

  it("after birth messages from Home Assistant, all devices are announced again once, after a short random delay", () => {
    const ha = homeAssistant();
    ha.enable();
    for (const device of boards.slice(0, 30)) ha.announce(device);
    vi.advanceTimersByTime(1000);
    published.length = 0;
    expect(ha.birthTopic).toBe("homeassistant/status");
    expect(ha.handleMessage("homeassistant/status", Buffer.from("offline"))).toBe(true);
    expect(ha.handleMessage("nightlight/status", Buffer.from("online"))).toBe(false);
    vi.advanceTimersByTime(5000);
    expect(published).toEqual([]);
    for (let n = 0; n < 100; n++) ha.handleMessage(ha.birthTopic, Buffer.from("online"));
    vi.advanceTimersByTime(999);
    expect(published).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(published).toHaveLength(30);
    ha.close();
  });

  it("a forgotten device is removed, even one of an earlier run, and devices of other programs stay", () => {
    const before = homeAssistant();
    before.enable();
    before.announce(BOARD);
    before.close();
    expect(retained.size).toBe(1);
    retained.set("homeassistant/device/somebody/config", "{}");
    const ha = homeAssistant();
    ha.enable();
    ha.forget(BOARD.id);
    ha.forget("somebody");
    expect([...retained.keys()]).toEqual(["homeassistant/device/somebody/config"]);
    expect(topics.size).toBe(0);
    expect(published.filter((topic) => topic.includes("somebody"))).toEqual([]);
    ha.handleMessage(ha.birthTopic, Buffer.from("online"));
    vi.advanceTimersByTime(5000);
    expect(retained.size).toBe(1);
    ha.close();
  });

  it("switching the integration off removes all discovery messages, and switching it on announces devices again", () => {
    const before = homeAssistant();
    before.enable();
    before.announce(BOARD);
    before.close();
    expect(retained.size).toBe(1);
    const ha = homeAssistant();
    ha.disable();
    ha.announce(LESSON_DEVICE);
    ha.handleMessage(ha.birthTopic, Buffer.from("online"));
    vi.advanceTimersByTime(5000);
    expect(retained.size + topics.size).toBe(0);
    ha.enable();
    vi.advanceTimersByTime(1000);
    expect([...retained.keys()]).toEqual([discoveryTopicOf("homeassistant", LESSON_DEVICE.id)]);
    ha.disable();
    expect(retained.size).toBe(0);
  });

  it("a new discovery prefix moves the discovery messages", () => {
    const before = homeAssistant();
    before.enable();
    before.announce(BOARD);
    before.close();
    expect([...retained.keys()]).toEqual([discoveryTopicOf("homeassistant", BOARD.id)]);
    const ha = homeAssistant("ha");
    ha.enable();
    ha.announce(BOARD);
    vi.advanceTimersByTime(1000);
    expect([...retained.keys()]).toEqual([discoveryTopicOf("ha", BOARD.id)]);
    expect([...topics]).toEqual([...retained.keys()]);
    ha.close();
  });

  it("a closed integration announces nothing and removes nothing", () => {
    const ha = homeAssistant();
    ha.enable();
    for (const device of boards) ha.announce(device);
    ha.handleMessage(ha.birthTopic, Buffer.from("online"));
    ha.close();
    const count = published.length;
    ha.announce(LESSON_DEVICE);
    vi.advanceTimersByTime(60_000);
    expect(published).toHaveLength(count);
    expect(retained.size).toBe(count);
  });
});
