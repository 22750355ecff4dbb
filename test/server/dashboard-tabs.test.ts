/** Tests the dashboard in many tabs of one browser, which share an event stream. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startServer } from "../../server/src/index.js";
import { chromiumNote, chromiumPath, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { ask, followEvents } from "./support/api.js";
import { addUsers, loginOf } from "./support/guarded.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const ID = "nightlight/porch";
const ATTIC = "nightlight/attic";

/** Number of tabs: more than the six connections that a browser opens to an HTTP/1.1 server. */
const TAB_COUNT = 10;

describe.skipIf(!chromiumPath)(`the dashboard in many tabs of one browser${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  async function createContext(): Promise<BrowserContext> {
    const made = await browser.newContext();
    onTestFinished(() => made.close());
    return made;
  }

  async function openTab(context: BrowserContext, url: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Returns the number of open event streams. */
  async function countStreams(url: string): Promise<number> {
    const { body } = await ask(url, "/metrics");
    return Number(/^nightlight_event_streams (\d+)$/m.exec(body as string)?.[1]);
  }

  const waitForLamp = (page: Page, state: "on" | "off", id = ID) =>
    eventually(
      () =>
        page
          .getByRole("article", { name: id, exact: true })
          .getByRole("img", { name: `lamp ${state}`, exact: true })
          .isVisible(),
      { what: `lamp ${state} in a tab` },
    );
  const isLive = (page: Page) =>
    eventually(async () => (await page.getByRole("status").textContent())?.trim() === "live", { what: "a live tab" });

  /** Waits until a page without boards has the answers to all requests of its first connect. */
  async function waitForFirstAnswers(page: Page): Promise<void> {
    const urls = ["session", "status", "updates", "new-board"].map((name) => `${page.url()}api/${name}`);
    const haveEnded = `${JSON.stringify(urls)}.every((url) => performance.getEntriesByName(url).length > 0)`;
    await eventually(() => page.evaluate<boolean>(haveEnded), { what: "the answers to the first requests" });
  }

  /** Makes a page hidden or visible. Headless Chromium treats all tabs as visible. */
  const setHidden = (page: Page, hidden: boolean) =>
    page.evaluate(`
      Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    `);

  async function startWithLights(options: Parameters<typeof startTestServer>[0] = {}) {
    const running = await startTestServer(options);
    const app = await connectClient(running.brokerUrl);
    const publishLight = (level: number, id = ID) =>
      app.publishAsync(`${id}/telemetry`, JSON.stringify({ light: level }), { qos: 1 });
    await publishLight(100);
    return { running, url: running.httpUrl!, publishLight };
  }

  test("the dashboard loads in ten tabs, which show a lamp's change through one event stream", async () => {
    const { url, publishLight } = await startWithLights();
    const tabs = await createContext();
    const pages: Page[] = [];
    for (let tab = 0; tab < TAB_COUNT; tab++) pages.push(await openTab(tabs, url));
    for (const page of pages) await waitForLamp(page, "on");
    expect(await countStreams(url)).toBe(1);
    await publishLight(900);
    for (const page of pages) await waitForLamp(page, "off");
    expect(await countStreams(url)).toBe(1);
  });

  for (const shared of [true, false])
    test(`the dashboard closes its stream while hidden and is up to date at once when visible again, ${shared ? "with" : "without"} a shared worker`, async () => {
      const { running, url, publishLight } = await startWithLights();
      await publishLight(100, ATTIC);
      const tabs = await createContext();
      if (!shared) await tabs.addInitScript("delete window.SharedWorker");
      const [one, two] = [await openTab(tabs, url), await openTab(tabs, url)];
      for (const page of [one, two]) await waitForLamp(page, "on");
      expect(await countStreams(url)).toBe(shared ? 1 : 2);
      await setHidden(one, true);
      if (!shared)
        await eventually(async () => (await countStreams(url)) === 1, { what: "the hidden tab's stream to end" });
      await publishLight(900);
      await waitForLamp(two, "off");
      // the hidden page still shows the old state, because hidden pages receive no events
      await waitForLamp(one, "on");
      await setHidden(two, true);
      await eventually(async () => (await countStreams(url)) === 0, { within: 15_000, what: "no stream" });
      await fetch(`${url}/api/devices/${ATTIC}`, { method: "DELETE" });
      expect(running.devices.get(ATTIC)).toBeUndefined();
      await setHidden(one, false);
      await isLive(one);
      await waitForLamp(one, "off");
      expect(await one.getByRole("article").count()).toBe(1);
      expect(await countStreams(url)).toBe(1);
    });

  test("the dashboard reconnects every tab to a restarted server", async () => {
    const data = await createTemporaryFolder();
    const { running, url } = await startWithLights({ data });
    const tabs = await createContext();
    const pages = [await openTab(tabs, url), await openTab(tabs, url)];
    for (const page of pages) await isLive(page);
    const { port } = new URL(url);
    await running.close();
    for (const page of pages)
      await eventually(async () => /connection lost at/.test((await page.getByRole("status").textContent()) ?? ""), {
        what: "the loss",
      });
    const again = await startServer({ mqttPort: 0, httpPort: Number(port), history: false, data });
    onTestFinished(() => again.close());
    for (const page of pages) await isLive(page);
    expect(await countStreams(url)).toBe(1);
  });

  test("the dashboard shows why the server refuses its event stream, and connects when there is room", async () => {
    const { url } = await startWithLights({ limits: { eventStreams: 1 } });
    const { response } = await followEvents(url);
    const page = await openTab(await createContext(), url);
    const refusal = /^\s*1 streams of live events are already open for 127.0.0.1, the limit for one client/;
    await eventually(async () => refusal.test((await page.getByRole("status").textContent()) ?? ""), { what: "why" });
    response.destroy();
    await setHidden(page, true);
    await setHidden(page, false);
    await isLive(page);
  });

  test("the dashboard redirects every tab to the login page after a logout in one", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { ann: "admin" });
    const { httpUrl } = await startTestServer({ data });
    const tabs = await createContext();
    const first = await openTab(tabs, httpUrl!);
    await first.getByLabel("Name").fill("ann");
    await first.getByLabel("Password").fill(loginOf("ann").password);
    await first.keyboard.press("Enter");
    await isLive(first);
    const second = await openTab(tabs, httpUrl!);
    const hidden = await openTab(tabs, httpUrl!);
    for (const page of [second, hidden]) await isLive(page);
    // Otherwise, the answer to such a request could say that the login has ended, which redirects the hidden tab, too.
    await waitForFirstAnswers(hidden);
    await setHidden(hidden, true);
    await first.getByRole("button", { name: "Log out" }).click();
    for (const page of [first, second]) await page.waitForURL(({ pathname }) => pathname === "/login");
    expect(hidden.url()).toBe(`${httpUrl}/`);
    await setHidden(hidden, false);
    await hidden.waitForURL(({ pathname }) => pathname === "/login");
  });
});
