import mqtt, { type MqttClient } from "mqtt";
import type { Browser, Locator, Page } from "playwright-core";
import { startServer, type NightlightServer } from "nightlight-server";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, DEFAULT_STALE_AFTER } from "../../server/src/decisions/policy.js";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";

const [GATE, POND, SHED] = ["gate", "pond", "shed"].map((name) => `nightlight/${name}`);

describe.skipIf(!chromiumPath)(`the dashboard of a server with a zone${chromiumNote}`, () => {
  let browser: Browser;
  let data: string;
  let server: NightlightServer;
  let client: MqttClient;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-dashboard-"));
    const yard = {
      name: "yard",
      label: "The yard",
      sensors: [GATE, POND, SHED],
      lamps: [GATE, POND],
      combine: "median" as const,
      at_least: 1,
      rule: { ...LESSON_RULE, hysteresis: 50 },
      stale_after: DEFAULT_STALE_AFTER,
    };
    server = await startServer({ mqttPort: 0, httpPort: 0, data, policy: { ...LESSON_POLICY, zones: [yard] } });
    client = await mqtt.connectAsync(server.brokerUrl);
    browser = await startChromium();
    ({ page, complaints } = await openPage(browser, `${server.httpUrl}/#/zone/yard`));
    await waitForText(page.locator(".connection"), "live");
  });
  afterAll(async () => {
    await browser?.close();
    await client?.endAsync(true);
    await server?.close();
    await rm(data, { recursive: true, force: true });
  });

  const waitForText = (place: Locator, words: string | RegExp) =>
    eventually(async () => ((await place.textContent({ timeout: 1000 })) ?? "").match(words), {
      within: 10_000,
      what: `"${words}" on the page`,
    });
  const publishLight = (id: string, light: number) =>
    client.publishAsync(`${id}/telemetry`, JSON.stringify({ light }), { qos: 1 });
  const findZoneRegion = () => page.getByRole("region", { name: "Zone The yard" });

  /** Returns the lamp's state in the retained command, which a newly connected board receives. */
  async function readRetainedLamp(id: string): Promise<unknown> {
    const late = await mqtt.connectAsync(server.brokerUrl);
    try {
      const heard: string[] = [];
      late.on("message", (_topic, payload) => heard.push(payload.toString()));
      await late.subscribeAsync(`${id}/commands`, { qos: 1 });
      await eventually(() => heard.length > 0, { what: `a command for ${id}` });
      return (JSON.parse(heard[0]) as { led_on: unknown }).led_on;
    } finally {
      await late.endAsync(true);
    }
  }
  const waitForLamps = (led_on: boolean) =>
    eventually(async () => (await readRetainedLamp(GATE)) === led_on && (await readRetainedLamp(POND)) === led_on, {
      within: 10_000,
      what: `both lamps commanded ${led_on ? "on" : "off"}`,
    });

  test("shows the zone's combined light when its sensors report over MQTT", async () => {
    await publishLight(GATE, 100);
    await publishLight(POND, 800);
    await publishLight(SHED, 700);
    await waitForText(findZoneRegion(), /0 of 2 lamps on.*700.*median of 3 sensors/s);
    await publishLight(SHED, 210);
    await waitForText(findZoneRegion(), /2 of 2 lamps on.*210/s);
    await waitForLamps(true);
  });

  test("overrides all lamps of the zone by keyboard, and ends the override", async () => {
    await findZoneRegion().getByRole("radio", { name: "Auto" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await waitForLamps(false);
    await waitForText(findZoneRegion(), "0 of 2 lamps on");
    await findZoneRegion().getByLabel("For how long").selectOption("for 15 min");
    await waitForText(findZoneRegion(), "15 min left");
    await findZoneRegion().getByRole("radio", { name: "Auto" }).focus();
    await page.keyboard.press("Space");
    await waitForLamps(true);
  });

  test("overrides one lamp by mouse for a limited time, while the zone still controls the other lamp", async () => {
    await findZoneRegion().getByRole("link", { name: GATE }).first().click();
    const board = page.getByRole("region", { name: GATE, exact: true });
    await board.getByRole("radio", { name: "Off" }).check();
    await eventually(async () => (await readRetainedLamp(GATE)) === false, { what: "the lamp commanded off" });
    expect(await readRetainedLamp(POND)).toBe(true);
    await board.getByLabel("For how long").selectOption("for 1 hr");
    await waitForText(page.locator(".control"), /1 hr left.*switched off by hand/s);
    await client.publishAsync(`${GATE}/set`, '{"mode":"auto"}', { qos: 1 });
    await waitForText(page.locator(".control"), "zone The yard decides");
  });

  test("plots readings, shows them after a reload, and forgets a board on request", async () => {
    await publishLight(GATE, 1000);
    await publishLight(GATE, 120);
    await page.reload();
    await page.getByRole("radio", { name: "1h" }).check();
    await waitForText(page.locator("#plot-summary"), /readings: light from 100 to 1000; the lamp was on for/);
    await waitForText(page.getByRole("region", { name: "Switches" }), /off.*on/s);
    const csvPath = (await page.getByRole("link", { name: "Download as CSV" }).getAttribute("href"))!;
    expect(await (await fetch(new URL(csvPath, server.httpUrl))).text()).toContain(",1000,");
    await page.getByRole("button", { name: "Forget …" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
    await eventually(() => page.getByRole("article", { name: POND, exact: true }).isVisible(), { what: "the others" });
    expect(server.devices.list().map(({ id }) => id)).toEqual([POND, SHED]);
    expect(await page.getByRole("article", { name: GATE, exact: true }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
