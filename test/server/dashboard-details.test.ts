/** Tests in a browser, with the real server, that the page shows the true state and stays readable. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startServer, type NightlightServer, type ServerOptions } from "../../server/src/index.js";
import { chromiumNote, chromiumPath, closeContext, closePage, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { GARDEN_POLICY } from "./support/garden.js";
import { addUsers, loginOf, passwordOf } from "./support/guarded.js";
import { UNLIMITED_HISTORY } from "./support/server.js";

// These types replace the DOM library, which would apply to all Node files of the project.
interface Styles {
  getComputedStyle(element: unknown): { readonly opacity: string; readonly cursor: string };
}

describe.skipIf(!chromiumPath)(`the page in detail${chromiumNote}`, () => {
  let browser: Browser;
  let data: string;
  let server: NightlightServer;
  let client: MqttClient;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-details-"));
  });
  afterEach(async () => {
    if (page) await closePage(page);
    await client?.endAsync(true);
    await server?.close();
    await rm(data, { recursive: true, force: true });
  });

  async function startAndConnect(options: ServerOptions = {}): Promise<void> {
    server = await startServer({ mqttPort: 0, httpPort: 0, data, ...options });
    client = await mqtt.connectAsync(server.brokerUrl);
  }

  async function openDashboard(hash = ""): Promise<void> {
    ({ page } = await openPage(browser, server.httpUrl! + hash));
  }

  const publishMessage = (topic: string, message: object, retain = false) =>
    client.publishAsync(topic, JSON.stringify(message), { qos: 1, retain });
  /** Returns the number of stored points of the last hour. */
  async function countReadings(id: string): Promise<number> {
    const query = `device=${encodeURIComponent(id)}&from=${Date.now() - 3_600_000}&to=${Date.now() + 1000}&points=10`;
    const answer = await fetch(`${server.httpUrl}/api/history?${query}`);
    return ((await answer.json()) as { points: unknown[] }).points.length;
  }
  const findCard = (id: string): Locator => page.getByRole("article", { name: id, exact: true });

  async function waitForText(place: Locator, text: string | RegExp): Promise<void> {
    const isMatch = (found: string) => (typeof text === "string" ? found.includes(text) : text.test(found));
    await eventually(async () => isMatch((await place.textContent()) ?? ""), { what: `"${text}" on the page` });
  }

  /** Connects a board that publishes a status and has a will, as the firmware does, but answers no action. */
  async function connectBoard(id: string): Promise<MqttClient> {
    const will = { topic: `${id}/status`, payload: Buffer.from('{"online":false}'), qos: 1 as const, retain: true };
    const connected = await mqtt.connectAsync(server.brokerUrl, { will });
    onTestFinished(() => connected.endAsync(true));
    const status = { online: true, decided_by: "server", firmware: "0.1.0", board: "test", boot: 1 };
    await connected.publishAsync(`${id}/status`, JSON.stringify(status), { qos: 1, retain: true });
    await connected.publishAsync(`${id}/telemetry`, '{"light":900,"boot":1,"seq":1}', { qos: 1 });
    return connected;
  }

  test("the card of an offline board says that the board decides, and that light and reason are old", async () => {
    await startAndConnect();
    const porch = await connectBoard("nightlight/porch");
    await publishMessage("nightlight/lesson/telemetry", { light: 900 });
    await openDashboard();
    await waitForText(findCard("nightlight/porch"), /of 1023.*server decides.*light 900 ≥ 300/s);
    porch.stream.destroy();
    await porch.endAsync(true);
    await waitForText(
      findCard("nightlight/porch"),
      /last, of 1023.*if its program runs, it decides by itself.*last decision: light 900 ≥ 300/s,
    );
    expect(await findCard("nightlight/porch").textContent()).not.toContain("server decides");
    expect(await findCard("nightlight/porch").getByRole("img").first().getAttribute("aria-label")).toBe(
      "lamp off when last seen",
    );
    await waitForText(findCard("nightlight/lesson"), "server decides");
  });

  test("Identify says when an offline board would still blink, and that nothing happened when it does not", async () => {
    await startAndConnect();
    const porch = await connectBoard("nightlight/porch");
    await porch.endAsync(true);
    await eventually(() => server.devices.get("nightlight/porch")?.online === false, { what: "the board offline" });
    await openDashboard("/#/board/nightlight%2Fporch");
    // shortens the wait, so that the answer comes at once, as if the action had expired
    await page.route("**/actions?wait=65", async (route) => {
      await eventually(async () => /within a minute/.test((await page.locator(".outcome").textContent()) ?? ""), {
        what: "the condition",
      });
      const url = route.request().url().replace("wait=65", "wait=3");
      const response = await route.fetch({ url, postData: { action: "identify", expires: 1 } });
      await route.fulfill({ response });
    });
    await page.getByRole("button", { name: "Identify" }).click();
    await waitForText(page.locator(".outcome"), "nothing happened");
  });

  test("the plot of a young board begins with its first reading", async () => {
    await startAndConnect({ history: UNLIMITED_HISTORY });
    await publishMessage("nightlight/porch/telemetry", { light: 400 });
    await eventually(async () => (await countReadings("nightlight/porch")) > 0, { what: "the history" });
    await openDashboard("/#/board/nightlight%2Fporch");
    await waitForText(page.locator("#plot-summary"), "no gap");
    // The plot shows times with seconds, because it shows less than a whole day.
    expect(await page.locator(".stretch").textContent()).toMatch(/^\w+ \d+, \d+:\d\d:\d\d\s[AP]?M? ?– /u);
    expect(await page.getByRole("radio", { name: "24h" }).isChecked()).toBe(true);
  });

  test("a zone shows the hours in which it follows its rule", async () => {
    const hours = { from: 390, to: 1320, time_zone: "Europe/Berlin", outside: "off" } as const;
    await startAndConnect({ policy: { ...GARDEN_POLICY, zones: [{ ...GARDEN_POLICY.zones[0], hours }] } });
    await openDashboard("/#/zones");
    await waitForText(
      page.getByRole("region", { name: "Zone Garden" }),
      /from 06:30 AM to 10:00 PM \(Europe\/Berlin\); otherwise off/,
    );
  });

  test("a zone says which of its lamps are offline, and does not count them as on", async () => {
    const zones = [{ ...GARDEN_POLICY.zones[0], lamps: ["nightlight/porch", "nightlight/path"] }];
    await startAndConnect({ policy: { ...GARDEN_POLICY, zones } });
    const porch = await connectBoard("nightlight/porch");
    await connectBoard("nightlight/path");
    for (const id of zones[0].lamps) await publishMessage(`${id}/set`, { mode: "on" });
    await openDashboard("/#/zones");
    const zone = page.getByRole("region", { name: "Zone Garden" });
    await waitForText(zone, "2 of 2 lamps on");
    porch.stream.destroy();
    await porch.endAsync(true);
    await waitForText(zone, "1 of 2 lamps on");
    const lamps = await zone.locator('[data-part="lamps"] li').allTextContents();
    expect(lamps).toEqual([
      expect.stringMatching(/porchonoffline, switched on by hand$/),
      expect.stringMatching(/pathonswitched on by hand$/),
    ]);
  });

  test("names do not wrap and plots are aligned when there are four columns", async () => {
    await startAndConnect();
    const ids = Array.from(
      { length: 16 },
      (_, i) => `nightlight/${i % 3 === 0 ? "a-very-long-name-of-a-floor/and-a-room-" : "r"}${i}`,
    );
    for (const id of ids) await publishMessage(`${id}/telemetry`, { light: 100 });
    await openDashboard();
    await page.setViewportSize({ width: 1366, height: 900 });
    await eventually(async () => (await page.getByRole("article").count()) === 16, { what: "the cards" });
    await eventually(async () => (await page.locator("html").getAttribute("data-scale")) === "many", {
      what: "the scale",
    });
    const { rows, lines, names } = await page.evaluate<{ rows: number[]; lines: number[]; names: number[] }>(`(() => {
      const cards = [...document.querySelectorAll(".card")];
      const box = (card, part) => card.querySelector(part).getBoundingClientRect();
      return {
        rows: cards.slice(0, 4).map((card) => Math.round(box(card, ".plot").top)),
        lines: cards.slice(0, 8).map((card) => Math.round(box(card, "h3").height)),
        names: cards.slice(0, 4).map((card) => Math.round(box(card, "[data-part=name]").width)),
      };
    })()`);
    expect(new Set(rows).size).toBe(1);
    expect(new Set(lines).size).toBe(1);
    // names that are too long are cut off, but do not disappear
    for (const width of names) expect(width).toBeGreaterThan(20);
  });

  test("the controls of a reader look disabled, and those of an administrator do not", async () => {
    await addUsers(data, { ann: "admin", rob: "reader", porch: { device: "nightlight/porch" } });
    server = await startServer({ mqttPort: 0, httpPort: 0, data });
    client = await mqtt.connectAsync(server.brokerUrl, loginOf("porch"));
    await publishMessage("nightlight/porch/telemetry", { light: 900 });
    for (const [name, opacity, cursor] of [
      ["ann", 1, "pointer"],
      ["rob", 0.5, "not-allowed"],
    ] as const) {
      const context = await browser.newContext();
      onTestFinished(() => closeContext(context));
      page = await context.newPage();
      await page.goto(server.httpUrl!);
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password").fill(passwordOf(name));
      await page.keyboard.press("Enter");
      await waitForText(page.getByRole("banner"), name);
      await page.goto(`${server.httpUrl}/#/board/nightlight%2Fporch`);
      const identify = page.getByRole("button", { name: "Identify" });
      await eventually(async () => (await identify.isDisabled()) === (name === "rob"), { what: "the rights" });
      const styleOf = (place: Locator) =>
        place.evaluate((element) => {
          const { opacity, cursor } = (globalThis as unknown as Styles).getComputedStyle(element);
          return [Number(opacity), cursor];
        });
      for (const control of [identify, page.getByRole("button", { name: "Forget" })])
        expect(await styleOf(control), name).toEqual([opacity, cursor]);
      expect((await styleOf(page.getByRole("group", { name: "Lamp" })))[0]).toBe(opacity);
    }
  });

  test("the theme button switches between light and dark, and the page remembers the choice", async () => {
    await startAndConnect();
    await publishMessage("nightlight/porch/telemetry", { light: 100 });
    const context = await browser.newContext({ colorScheme: "dark" });
    onTestFinished(() => closeContext(context));
    page = await context.newPage();
    await page.goto(server.httpUrl!);
    const readBackgroundColor = () =>
      page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
    await page.getByRole("button", { name: "Light theme" }).click();
    expect(await readBackgroundColor()).toBe("rgb(244, 241, 234)");
    await page.reload();
    const back = page.getByRole("button", { name: "Dark theme" });
    await eventually(() => back.isVisible(), { what: "the remembered theme" });
    expect(await readBackgroundColor()).toBe("rgb(244, 241, 234)");
    await back.click();
    expect(await readBackgroundColor()).toBe("rgb(11, 14, 23)");
    // After a return to the browser's theme, the page must follow the browser again.
    await page.emulateMedia({ colorScheme: "light" });
    await eventually(async () => (await readBackgroundColor()) === "rgb(244, 241, 234)", {
      what: "the browser's theme",
    });
  });

  test("the help explains the page and shows the addresses, which are not in the header", async () => {
    await startAndConnect();
    await openDashboard();
    await waitForText(page.getByRole("status"), "live");
    expect(await page.getByRole("banner").textContent()).not.toContain("mqtt://");
    await page.getByRole("link", { name: "Help" }).click();
    await waitForText(page.getByRole("region", { name: "Help" }), server.brokerUrl);
    await waitForText(page.getByRole("region", { name: "Help" }), `${server.httpUrl!.replace("http", "ws")}/mqtt`);
    expect(await page.title()).toBe("Help · Nightlight");
    await page.getByRole("link", { name: "All boards" }).filter({ visible: true }).click();
    await eventually(() => page.getByText("No board yet").isVisible(), { what: "the boards" });
  });

  test("a search finds a board while the cards of other boards are still being created", async () => {
    await startAndConnect();
    for (let i = 0; i < 30; i++) await publishMessage(`nightlight/room-${i}/telemetry`, { light: i });
    await publishMessage("nightlight/zebra/telemetry", { light: 7 });
    page = await browser.newPage();
    // Simulates a slow computer, on which each frame ends before the page has created another card.
    await page.addInitScript("let time = 0; performance.now = () => (time += 10);");
    await page.goto(server.httpUrl!);
    await page.getByRole("searchbox").fill("zebra");
    await eventually(() => findCard("nightlight/zebra").isVisible(), { what: "the match" });
    expect(await page.getByText("No board matches").isVisible()).toBe(false);
  });

  test("lesson devices stay on the page after a restart of the server", async () => {
    await startAndConnect();
    await publishMessage("my-own-id/telemetry", { light: 200 });
    await publishMessage("nightlight/porch/telemetry", { light: 900 });
    await openDashboard();
    await waitForText(findCard("my-own-id"), "server decides");
    const port = Number(new URL(server.httpUrl!).port);
    await client.endAsync(true);
    await server.close();
    await startAndConnect({ httpPort: port });
    await eventually(async () => (await page.getByRole("status").textContent())?.trim() === "live", {
      what: "the page live",
    });
    await waitForText(findCard("my-own-id"), /200.*last, of 1023.*out of reach/s);
    await waitForText(findCard("nightlight/porch"), /900.*last, of 1023/s);
    expect(await findCard("my-own-id").getAttribute("data-lamp")).toBe("on");
    await publishMessage("my-own-id/telemetry", { light: 500 });
    await waitForText(findCard("my-own-id"), /500.*light 500 ≥ 300/s);
  });
});
