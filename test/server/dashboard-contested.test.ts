/** Tests the dashboard's warning about client ids that two clients use at the same time. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ContestedClientId } from "../../server/dashboard/api.js";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { FakeApi } from "./support/fake-api.js";

const CONTESTED_PHONE: ContestedClientId = {
  client_id: "phone",
  account: "ann",
  addresses: ["192.168.1.20", "192.168.1.21"],
  takeovers: 12,
};

/** Interval at which the page requests the status, in ms. */
const POLL_INTERVAL = 30_000;

describe.skipIf(!chromiumPath)(`contested client ids on the dashboard${chromiumNote}`, () => {
  let browser: Browser;
  let api: FakeApi;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    api = await FakeApi.start();
    api.changeDevice("nightlight/porch");
  });

  afterEach(async () => {
    await page?.close();
    await api?.close();
    expect(complaints).toEqual([]);
  });

  const findNotice = () => page.getByRole("region", { name: "Contested client ids" });
  const readNoticeText = async () => (await findNotice().innerText()).replaceAll(/\s+/g, " ");

  /** Opens the page with a clock that only the test advances. */
  async function openDashboard(): Promise<void> {
    ({ page, complaints } = await openPage(browser, api.url));
    await page.clock.install();
    await page.reload();
    await eventually(() => page.getByRole("article").first().isVisible(), { what: "the board" });
  }

  /** Starts to record the page's status requests. Returns the list of their URLs, which grows with each request. */
  function statusRequests(): string[] {
    const urls: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/api/status")) urls.push(request.url());
    });
    return urls;
  }

  test("contested client ids are listed near the top with account, addresses, number of takeovers and advice", async () => {
    api.contested = [CONTESTED_PHONE];
    await openDashboard();
    await eventually(() => findNotice().isVisible(), { what: "the notice" });
    expect(await readNoticeText()).toBe(
      'Two clients use the client id "phone" of the account ann. Each connection ends the other: 12 times in the last' +
        " minute, from 192.168.1.20 and 192.168.1.21. Give one of them another client id.",
    );
    const { y } = (await findNotice().boundingBox())!;
    expect(y).toBeLessThan((await page.getByRole("article").first().boundingBox())!.y);
  });

  test("contested client ids are not mentioned if there are none", async () => {
    await openDashboard();
    expect(await findNotice().isVisible()).toBe(false);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("contested client ids appear, change and disappear on an open page within half a minute", async () => {
    await openDashboard();
    api.contested = [CONTESTED_PHONE];
    await page.clock.runFor(POLL_INTERVAL);
    await eventually(() => findNotice().isVisible(), { what: "the notice" });
    const alert = await findNotice().getByRole("alert").elementHandle();
    api.contested = [{ ...CONTESTED_PHONE, takeovers: 1 }];
    await page.clock.runFor(POLL_INTERVAL);
    await eventually(async () => /: once in the last minute/.test(await readNoticeText()), { what: "the new number" });
    // expects the same element, because a screen reader would announce the warning again in a new element
    expect(
      await findNotice()
        .getByRole("alert")
        .evaluate((now, before) => now === before, alert),
    ).toBe(true);
    api.contested = [];
    await page.clock.runFor(POLL_INTERVAL);
    await eventually(async () => !(await findNotice().isVisible()), { what: "no notice" });
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("contested client ids are requested only while the page is visible, and at once when it becomes visible", async () => {
    await openDashboard();
    const requests = statusRequests();
    const setHidden = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    await setHidden(true);
    await page.clock.runFor(10 * POLL_INTERVAL);
    expect(requests).toEqual([]);
    api.contested = [CONTESTED_PHONE];
    await setHidden(false);
    await eventually(() => findNotice().isVisible(), { what: "the notice" });
    expect(requests).toHaveLength(1);
  });

  test("contested client ids are shown as text, never as HTML, and at most five of them", async () => {
    const client_id = "<img src=x onerror=alert(1)>";
    api.contested = [
      { client_id, account: null, addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], takeovers: 3 },
      ...Array.from({ length: 7 }, (_, i) => ({ client_id: `c${i}`, account: null, addresses: [], takeovers: 2 })),
    ];
    await openDashboard();
    await eventually(() => findNotice().isVisible(), { what: "the notice" });
    expect(await findNotice().getByRole("listitem").count()).toBe(5);
    expect(await readNoticeText()).toContain(`Several clients use the client id "${client_id}".`);
    expect(await readNoticeText()).toMatch(/And 3 more client ids\.$/);
    expect(await page.locator("img").count()).toBe(0);
  });

  test("contested client ids are shown together with a warning about a full disk, as long as the disk is full", async () => {
    const problem = "The disk of the data folder /data is full. Free some space on it.";
    await openDashboard();
    const alert = page.getByRole("alert");
    expect(await alert.count()).toBe(0);
    api.publish("storage", { problem });
    await eventually(async () => (await alert.allInnerTexts()).join() === problem, { what: "the problem" });
    api.publish("storage", { problem: null });
    await eventually(async () => (await alert.count()) === 0, { what: "no problem" });
    api.storageProblem = problem;
    await page.clock.runFor(POLL_INTERVAL);
    await eventually(async () => (await alert.count()) === 1, { what: "a problem that no event tells of" });
  });

  test("contested client ids do not overwrite a newer event about the disk", async () => {
    await openDashboard();
    let answer = (): void => {};
    api.statusReady = new Promise((resolve) => (answer = resolve));
    api.contested = [CONTESTED_PHONE];
    const asked = page.waitForRequest(/api\/status$/);
    await page.clock.runFor(POLL_INTERVAL);
    await asked;
    const problem = page.getByRole("alert").filter({ hasText: "The disk is full." });
    api.publish("storage", { problem: "The disk is full." });
    await eventually(() => problem.isVisible(), { what: "the problem" });
    answer();
    await eventually(() => findNotice().isVisible(), { what: "the notice" });
    expect(await problem.isVisible()).toBe(true);
  });
});
