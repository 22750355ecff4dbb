import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chromiumNote, chromiumPath, closePage, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { FakeApi } from "./support/fake-api.js";

const GATE = "nightlight/yard/gate";
const POND = "nightlight/yard/pond";
const PORCH = "nightlight/porch";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** These types replace the DOM library, which would apply to all Node files of the project. */
interface CanvasElement {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}

describe.skipIf(!chromiumPath)(`the dashboard's views${chromiumNote}`, () => {
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
    api.changeDevice(GATE, { label: "Garden gate", zone: "yard", led_on: true, light: 120, hysteresis: 40 });
    api.changeDevice(POND, { zone: "yard", led_on: true, light: 210 });
    api.changeDevice(PORCH, { light: 700 });
    api.changeZone("yard", {
      label: "Yard",
      sensors: [GATE, POND, "nightlight/gone"].map((id, i) => ({ id, light: 120 + 90 * i, stale: i === 2 })),
      lamps: [GATE, POND],
      light: 165,
      led_on: true,
      reason: "median 165 of 2 sensors < 300; 1 stale left out",
    });
  });

  afterEach(async () => {
    if (page) await closePage(page);
    await api?.close();
    expect(complaints).toEqual([]);
  });

  async function openDashboard(hash = "#/"): Promise<void> {
    ({ page, complaints } = await openPage(browser, api.url + hash));
    await waitForText(page.locator(".connection"), "live");
  }
  const waitForText = (place: Locator, words: string | RegExp) =>
    eventually(async () => ((await place.textContent({ timeout: 5000 })) ?? "").match(words), {
      what: `"${words}" on the page`,
    });
  const findCard = (id: string) => page.getByRole("article", { name: id, exact: true });
  const readCardNames = async () =>
    page.getByRole("article").evaluateAll((all) => all.map((a) => a.getAttribute("aria-label")));
  const waitForRequest = (method: string, path: string, body: object | string) =>
    eventually(() => api.requests.find((request) => request.method === method && request.path === path), {
      what: `${method} ${path}`,
    }).then((asked) => expect(asked.body).toEqual(body));

  /** Creates a day of readings, one a minute: dark, then bright, with a spike and a gap of two hours. */
  function writeHistory(now = Date.now()): void {
    api.readings = [];
    for (let ago = 24 * HOUR - MINUTE; ago > 0; ago -= MINUTE) {
      if (ago > 8 * HOUR && ago < 10 * HOUR) continue;
      const last = ago > 12 * HOUR ? 100 : 600;
      const max = ago === 18 * HOUR ? 1000 : last;
      api.readings.push({ time: now - ago, min: last, max, last, count: 30 });
    }
    api.switches = [
      { time: now - 23 * HOUR, led_on: true, by: "server", reason: "light 100 < 300" },
      { time: now - 12 * HOUR, led_on: false, by: "person", reason: "" },
    ];
  }

  describe("all boards", () => {
    test("all boards are summarized, grouped by zone and found by search", async () => {
      // Nobody knows whether the lamp of a board that is out of reach is still on.
      api.changeDevice(PORCH, { online: false, led_on: true });
      await openDashboard();
      await waitForText(page.getByRole("banner"), "3 boards, 1 offline, 2 lamps on");
      const headings = page.getByRole("heading", { level: 2 });
      await eventually(async () => (await headings.allInnerTexts()).join() === "Yard,In no zone", {
        what: async () => `the headings of the groups, but there are: ${(await headings.allInnerTexts()).join()}`,
      });
      await waitForText(page.getByRole("region", { name: "Yard" }), /2 boards · on at light 165/);
      await page.getByRole("searchbox", { name: "Find a board" }).fill("garden");
      await eventually(async () => (await readCardNames()).join() === GATE, { what: "the one that is looked for" });
      await waitForText(page.getByRole("search"), "1 of 3 shown");
      await page.getByRole("searchbox").fill("no such board");
      await page.getByRole("button", { name: "Show all" }).click();
      await eventually(async () => (await readCardNames()).length === 3, { what: "all of them" });
    });

    test("all boards can be filtered and sorted, and are updated live", async () => {
      await openDashboard();
      await page.getByLabel("Sort").selectOption("brightest first");
      await eventually(async () => (await readCardNames()).join() === [POND, GATE, PORCH].join(), {
        what: "the order",
      });
      await page.getByLabel("Show").selectOption("offline");
      await eventually(async () => (await readCardNames()).length === 0, { what: "no board that is offline" });
      api.changeDevice(POND, { online: false });
      await eventually(async () => (await readCardNames()).join() === POND, { what: "the one that goes offline" });
      api.changeDevice("nightlight/new", { online: false });
      await eventually(async () => (await readCardNames()).length === 2, { what: "another one" });
    });

    test("all boards disappear when the server deletes them", async () => {
      await openDashboard();
      await eventually(() => findCard(PORCH).isVisible(), { what: "the board" });
      api.publish("forgotten", { id: PORCH });
      await eventually(async () => !(await readCardNames()).includes(PORCH), { what: "the board gone" });
      await waitForText(page.getByRole("banner"), "2 boards");
    });

    test("all boards show the reason of their lamp state and the remaining time of an override", async () => {
      api.changeDevice(PORCH, {
        mode: "on",
        until: new Date(Date.now() + 47 * MINUTE - 1000).toISOString(),
        reason: "a person keeps the lamp on",
      });
      await openDashboard();
      await waitForText(findCard(GATE), "zone Yard decides");
      await waitForText(findCard(PORCH), /47 min left.*switched on by hand/s);
    });

    test("a board shows that its lamp is blinking, but no switch", async () => {
      await openDashboard();
      api.changeDevice(PORCH, { blinking: true });
      await waitForText(findCard(PORCH), "online · blinking");
      api.changeDevice(PORCH, { blinking: false });
      await eventually(async () => !(await findCard(PORCH).textContent())?.includes("blinking"), { what: "the end" });
    });

    test("all boards announce lamp switches to screen readers, but not every reading", async () => {
      await openDashboard();
      const announcement = page.locator('[aria-live="polite"]').first();
      await eventually(() => findCard(PORCH).isVisible(), { what: "the board" });
      api.changeDevice(PORCH, { light: 650 });
      api.changeDevice(GATE, { led_on: false });
      await waitForText(announcement, /^Garden gate: lamp off$/);
      for (const id of [GATE, POND, PORCH, "a", "b"]) api.changeDevice(id, { led_on: false });
      for (const id of [GATE, POND, PORCH, "a", "b"]) api.changeDevice(id, { led_on: true });
      await waitForText(announcement, /^5 lamps switched: 5 on, 0 off$/);
    });
  });

  describe("an override", () => {
    test("an override lasts for the selected time and can be undone", async () => {
      await openDashboard();
      const path = `api/devices/${encodeURIComponent(PORCH)}/mode`;
      await findCard(PORCH).getByRole("radio", { name: "On" }).check();
      await waitForRequest("PUT", path, { mode: "on" });
      api.requests.length = 0;
      await findCard(PORCH).getByLabel("For how long").selectOption("for 1 hr");
      await waitForRequest("PUT", path, { mode: "on", for: HOUR });
      await waitForText(findCard(PORCH), "1 hr left");
      api.requests.length = 0;
      await findCard(PORCH).getByRole("button", { name: "undo" }).click();
      await waitForRequest("PUT", path, { mode: "on" });
      await eventually(async () => (await findCard(PORCH).getByLabel("For how long").inputValue()) === "", {
        what: "no end",
      });
      expect(await findCard(PORCH).getByRole("button", { name: "undo" }).isVisible()).toBe(false);
      expect(
        await findCard(PORCH)
          .getByRole("radio", { name: "On" })
          .evaluate((on) => on.matches(":focus")),
      ).toBe(true);
    });

    test("overrides in quick succession are sent one after the other, and a time belongs to the chosen mode", async () => {
      api.changeDevice(PORCH, { mode: "on", led_on: true });
      await openDashboard();
      const sent: unknown[] = [];
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route(/\/mode$/, async (route) => {
        sent.push(route.request().postDataJSON());
        await released;
        await route.continue();
      });
      await findCard(PORCH).getByRole("radio", { name: "Off" }).check();
      await findCard(PORCH).getByLabel("For how long").selectOption("for 1 hr");
      // When this request has been answered, each request that the page had sent before has begun.
      await page.evaluate("fetch('api/session').then(() => undefined)");
      expect(sent).toEqual([{ mode: "off" }]);
      release();
      await waitForText(findCard(PORCH), "1 hr left");
      expect(sent).toEqual([{ mode: "off" }, { mode: "off", for: HOUR }]);
    });

    test("there is nothing to undo after overrides in quick succession that all fail", async () => {
      await openDashboard();
      await page.route(/\/mode$/, (route) => route.fulfill({ status: 507, json: { error: "The disk is full." } }));
      await findCard(PORCH).evaluate((card) => {
        for (const mode of ["on", "off"]) card.querySelector<HTMLElement>(`input[value="${mode}"]`)!.click();
      });
      await eventually(() => findCard(PORCH).getByRole("radio", { name: "Auto" }).isChecked(), {
        what: "the old mode",
      });
      expect(await findCard(PORCH).getByRole("button", { name: "undo" }).isVisible()).toBe(false);
      // ignore the console errors about the requests that failed as intended
      complaints.length = 0;
    });

    test("an override that gets no answer is given up after a while, so that the next one is sent", async () => {
      await openDashboard();
      await page.clock.install();
      let count = 0;
      await page.route(/\/mode$/, (route) => (++count > 1 ? route.continue() : undefined));
      const sent = page.waitForRequest(/\/mode$/);
      await findCard(PORCH).getByRole("radio", { name: "On" }).check();
      await sent;
      await findCard(PORCH).getByRole("radio", { name: "Off" }).check();
      await page.clock.runFor(15_000);
      await waitForRequest("PUT", `api/devices/${encodeURIComponent(PORCH)}/mode`, { mode: "off" });
      expect(complaints.splice(0)).toEqual([]);
    });

    test("an override that an event shows before its answer arrives can be undone at once", async () => {
      await openDashboard();
      await findCard(PORCH).getByRole("radio", { name: "On" }).check();
      const undo = findCard(PORCH).getByRole("button", { name: "undo" });
      await undo.waitFor();
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route(/\/mode$/, async (route) => {
        const response = await route.fetch();
        await released;
        await route.fulfill({ response });
      });
      await findCard(PORCH).getByLabel("For how long").selectOption("for 1 hr");
      await waitForText(findCard(PORCH), "1 hr left");
      api.requests.length = 0;
      await undo.click();
      release();
      await waitForRequest("PUT", `api/devices/${encodeURIComponent(PORCH)}/mode`, { mode: "on" });
    });

    test("an answer to an override does not replace what newer events have brought", async () => {
      await openDashboard();
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route(/\/mode$/, async (route) => {
        const response = await route.fetch();
        await released;
        await route.fulfill({ response });
      });
      await findCard(PORCH).getByRole("radio", { name: "On" }).check();
      await findCard(PORCH).getByRole("img", { name: "lamp on", exact: true }).waitFor();
      api.changeDevice(PORCH, { light: 333 });
      await waitForText(findCard(PORCH), "333");
      const answered = page.waitForResponse(/\/mode$/);
      release();
      await (await answered).finished();
      // When a later request has been answered, the page has used this answer, and shows the result in the next frame.
      await page.evaluate(`fetch("api/session")
        .then((response) => response.json())
        .then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))`);
      expect(await findCard(PORCH).textContent()).toContain("333");
    });

    test("an override of a zone can be set and undone with the keyboard", async () => {
      await openDashboard("#/zone/yard");
      await eventually(() => page.getByRole("heading", { name: "Yard" }).evaluate((h) => h.matches(":focus")), {
        what: "the zone that the address names",
      });
      await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowRight");
      await waitForRequest("PUT", "api/zones/yard/mode", { mode: "on" });
      const zone = page.getByRole("region", { name: "Zone Yard" });
      await eventually(() => zone.getByRole("button", { name: "undo" }).isVisible(), { what: "undo" });
      api.requests.length = 0;
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await waitForRequest("PUT", "api/zones/yard/mode", { mode: "auto" });
      await eventually(() => zone.getByRole("radio", { name: "Auto" }).isChecked(), { what: "Auto" });
    });
  });

  test("a zone shows its light, sensors, stale sensors, lamps and the reason", async () => {
    await openDashboard();
    await page.getByRole("link", { name: "Zones" }).click();
    const zone = page.getByRole("region", { name: "Zone Yard" });
    await waitForText(zone, /2 of 2 lamps on.*165.*median 165 of 2 sensors < 300; 1 stale left out/s);
    await waitForText(zone, "median of 2 of 3 sensors; on below 300, off at 320 or more");
    const stale = zone.getByRole("listitem").filter({ hasText: "nightlight/gone" });
    await waitForText(stale, /300.*stale, ignored/s);
    api.changeDevice(POND, { led_on: false });
    await waitForText(zone, "1 of 2 lamps on");
    api.changeZone("yard", { light: 420.5, led_on: false, reason: "median 420.5 of 2 sensors ≥ 320" });
    await waitForText(zone, /421.*≥ 320/s);
    await zone.getByRole("link", { name: "Garden gate" }).first().click();
    await eventually(() => page.getByRole("heading", { name: "Garden gate" }).isVisible(), { what: "its board" });
  });

  describe("a board's page", () => {
    const findChart = () => page.getByRole("application");
    const findSummary = () => page.locator("#plot-summary");

    /**
     * Counts the plot's blue pixels (the line) and amber pixels (the lamp) in some regions.
     * @param regions a time in hours before now, and the lowest and highest light of each region
     */
    async function countColors(
      regions: readonly [ago: number, from: number, to: number][],
    ): Promise<[number, number][]> {
      const plot = findChart().locator("canvas");
      const plotArea = (await findChart().locator(".u-over").boundingBox())!;
      const canvasArea = (await plot.boundingBox())!;
      const yOf = (light: number) => Math.round(plotArea.y - canvasArea.y + plotArea.height * (1 - light / 1023));
      const boxes = regions.map(([ago, from, to]) => ({
        x: Math.round(plotArea.x - canvasArea.x + plotArea.width * (1 - ago / 24)) - 2,
        top: yOf(to),
        bottom: yOf(from),
      }));
      return plot.evaluate((element, boxes) => {
        const { width, height, getContext } = element as unknown as CanvasElement;
        const { data } = getContext.call(element, "2d").getImageData(0, 0, width, height);
        return boxes.map(({ x, top, bottom }): [number, number] => {
          let blue = 0;
          let amber = 0;
          for (let row = top; row < bottom; row++)
            for (let column = x; column < x + 5; column++) {
              const at = 4 * (row * width + column);
              // skip transparent pixels: background, grid or gap
              if (data[at + 3] < 60) continue;
              const difference = data[at + 2] - data[at];
              if (difference > 40) blue++;
              if (difference < -40) amber++;
            }
          return [blue, amber];
        });
      }, boxes);
    }

    test("a board's page plots the light of a day with a spike, the lamp state and a gap", async () => {
      writeHistory();
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await waitForText(
        findSummary(),
        /light from 100 to 1000; the lamp was on for 11 hr, 1 time; 1 gap without readings, 2 hr/,
      );
      const [spike, besides, line, gap, lampOn, lampOff] = await countColors([
        [18, 800, 990],
        [17.5, 800, 990],
        [6, 560, 640],
        [9, 350, 1000],
        [17, 0, 20],
        [6, 0, 20],
      ]);
      expect(spike[0]).toBeGreaterThan(20);
      expect(besides[0]).toBe(0);
      expect(line[0]).toBeGreaterThan(0);
      expect(gap).toEqual([0, 0]);
      expect(lampOn[1]).toBeGreaterThan(0);
      expect(lampOff[1]).toBe(0);
    });

    test("a board's page has its own URL, and Back returns to the previous view", async () => {
      await openDashboard();
      await findCard(GATE).getByRole("link").click();
      await eventually(() => page.getByRole("heading", { name: "Garden gate" }).evaluate((h) => h.matches(":focus")), {
        what: "the focus at its name",
      });
      expect(page.url()).toBe(`${api.url}#/board/nightlight%2Fyard%2Fgate`);
      expect(await page.title()).toBe("Garden gate · Nightlight");
      await page.goBack();
      await eventually(
        () =>
          findCard(GATE)
            .getByRole("link")
            .evaluate((link) => link.matches(":focus")),
        {
          what: "the focus at its card",
        },
      );
      expect(await findChart().count()).toBe(0);
    });

    test("a board's page shows the reason of the lamp state and lists switches with their reasons", async () => {
      writeHistory();
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      const switches = page.getByRole("region", { name: "Switches" }).getByRole("listitem");
      await waitForText(switches.nth(0), /off.*by a person/s);
      await waitForText(switches.nth(1), /on.*light 100 < 300/s);
      api.changeDevice(GATE, { led_on: false, light: 900, reason: "median 900 of 2 sensors ≥ 320" });
      await waitForText(page.locator(".control .why"), "zone Yard decides: median 900 of 2 sensors ≥ 320");
      await waitForText(switches.nth(0), /off.*median 900/s);
    });

    test("a board's page shows live readings, and reads out the plot with the keyboard", async () => {
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await waitForText(findSummary(), "No readings in this period.");
      api.changeDevice(GATE, { light: 333 });
      await waitForText(page.locator(".board .light").first(), "333");
      // a switch updates the summary at once
      api.changeDevice(GATE, { led_on: false, light: 444 });
      await waitForText(findSummary(), "light from 333 to 444");
      await findChart().focus();
      await page.keyboard.press("Home");
      await waitForText(page.locator(".readout"), /: light 333; lamp/);
      await page.keyboard.press("ArrowRight");
      await waitForText(page.locator(".readout"), /: light 444; lamp/);
      await page.keyboard.press("Escape");
      await waitForText(page.locator(".readout"), /^$/);
    });

    test("a board's page keeps what arrives while its history loads, and does not say before that there is none", async () => {
      await openDashboard();
      await page.clock.install();
      await page.reload();
      await eventually(() => findCard(GATE).isVisible(), { what: "the board" });
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/api/history?*", async (route) => {
        const response = await route.fetch();
        await released;
        await route.fulfill({ response });
      });
      const requested = page.waitForRequest(/api\/history\?/);
      await findCard(GATE).getByRole("link").click();
      await requested;
      api.changeDevice(GATE, { light: 333, led_on: false, reason: "light 333 ≥ 300" });
      await waitForText(page.locator(".board .light").first(), "333");
      // In this time, the page redraws the plot several times.
      await page.clock.runFor(5000);
      expect(await findSummary().textContent()).toBe("");
      release();
      await waitForText(findSummary(), "light from 333 to 333");
      const switches = page.getByRole("region", { name: "Switches" }).getByRole("listitem");
      await waitForText(switches.first(), /off.*light 333/s);
    });

    test("a board's page shows other time ranges: longer, earlier, a day or a selection; also as table and CSV", async () => {
      writeHistory();
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await waitForText(findSummary(), /readings/);
      const title = page.locator(".stretch");
      const downloadCsv = async () => {
        const query = new URL(
          (await page.getByRole("link", { name: "Download as CSV" }).getAttribute("href"))!,
          api.url,
        );
        expect(query.searchParams.get("device")).toBe(GATE);
        return Number(query.searchParams.get("to")) - Number(query.searchParams.get("from"));
      };
      await page.getByRole("radio", { name: "6h" }).check();
      await waitForText(findSummary(), /light from 600 to 600; the lamp was never on; no gap/);
      expect(await downloadCsv()).toBeCloseTo(6 * HOUR, -2);
      const before = await title.textContent();
      await page.getByRole("button", { name: "Earlier" }).click();
      await waitForText(findSummary(), /1 gap/);
      expect(await title.textContent()).not.toBe(before);
      await page.getByRole("button", { name: "now" }).click();
      await waitForText(findSummary(), /no gap/);

      await page.getByRole("radio", { name: "24h" }).check();
      await waitForText(findSummary(), /1 gap/);
      const box = (await findChart().locator(".u-over").boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.2, box.y + 50);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.3, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await eventually(async () => Math.abs((await downloadCsv()) - 2.4 * HOUR) < 10 * MINUTE, {
        what: "the selected range",
      });

      await page.getByText("Show readings as a table").click();
      const rows = page.getByRole("region", { name: "Readings" }).getByRole("row");
      await eventually(async () => (await rows.count()) > 50, { what: "the rows" });
      const spike = rows.filter({ has: page.getByRole("cell", { name: "1000", exact: true }) });
      await waitForText(spike, /100100100060on$/);

      await page.getByLabel("Day", { exact: true }).fill("2020-02-29");
      await waitForText(title, /2020|Feb|29/);
      await waitForText(findSummary(), "No readings in this period.");
      // A new reading does not belong to a past day.
      api.changeDevice(GATE, { light: 444 });
      await waitForText(page.locator(".board .light").first(), "444");
      for (const isOpen of [false, true]) {
        await page.getByText("Show readings as a table").click();
        await page.locator(`details[data-part=table]${isOpen ? "[open]" : ":not([open])"}`).waitFor();
      }
      await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
      expect(await findSummary().textContent()).toBe("No readings in this period.");
    });

    test("a board's page plots the recent readings of a server without a history, and says so", async () => {
      writeHistory();
      api.readings = undefined;
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await waitForText(page.locator(".history"), "This server stores no history");
      expect(await page.getByRole("link", { name: "Download as CSV" }).isVisible()).toBe(false);
      // ignore the console error about the request that failed as intended
      complaints.length = 0;
    });

    test("a board's page sends an action to the board and shows the result", async () => {
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await page.getByRole("button", { name: "Report" }).click();
      await waitForText(page.locator(".outcome"), "The board reports: light 212, running for 2 hr 1 min.");
      api.requests.length = 0;
      await page.getByRole("button", { name: "Restart …" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Restart …" }).click();
      expect(api.requests).toEqual([]);
      await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
      await waitForRequest("POST", `api/devices/${encodeURIComponent(GATE)}/actions`, { action: "reboot" });
      await waitForText(page.locator(".outcome"), "The board restarts.");
    });

    test("a board's page deletes the board after confirmation, but not after Escape", async () => {
      await openDashboard(`#/board/${encodeURIComponent(GATE)}`);
      await page.getByRole("button", { name: "Forget …" }).click();
      await page.keyboard.press("Escape");
      expect(api.requests).toEqual([]);
      await page.getByRole("button", { name: "Forget …" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
      await waitForRequest("DELETE", `api/devices/${encodeURIComponent(GATE)}`, "");
      await eventually(async () => (await readCardNames()).join() === [POND, PORCH].join(), {
        what: "the other boards",
      });
    });

    test("a board's page says that a board is unknown, and shows the board when it appears", async () => {
      await openDashboard("#/board/nightlight/new");
      await waitForText(page.locator('[data-part="unknown"]'), "There is no board nightlight/new.");
      api.changeDevice("nightlight/new");
      await eventually(() => page.getByRole("heading", { name: "nightlight/new" }).isVisible(), { what: "the board" });
    });
  });

  describe("a user", () => {
    test("a user who must log in is redirected to the login page", async () => {
      api.session = { name: null, role: null, required: true };
      api.locked = true;
      ({ page, complaints } = await openPage(browser, api.url));
      await page.waitForURL(({ pathname }) => pathname.endsWith("/login"));
      // ignore the console errors about responses with status 401
      complaints.length = 0;
    });

    test("a user who was logged out is redirected to the login page", async () => {
      await openDashboard();
      api.locked = true;
      api.session = { name: null, role: null, required: true };
      api.closeStreams();
      await page.waitForURL(({ pathname }) => pathname.endsWith("/login"));
      complaints.length = 0;
    });

    test("a user with read-only access sees disabled controls and the reason", async () => {
      api.session = { name: "ann", role: "reader", required: true };
      await openDashboard();
      const why = "ann has read-only access.";
      await waitForText(page.locator("#rights"), why);
      const modes = findCard(PORCH).getByRole("group", { name: "Lamp" });
      await eventually(() => modes.getByRole("radio").first().isDisabled(), { what: "the controls disabled" });
      expect(await modes.getAttribute("title")).toBe(why);
      expect(await modes.getAttribute("aria-describedby")).toBe("rights");
      await findCard(GATE).getByRole("link").click();
      for (const name of ["Identify", "Report", "Restart …", "Forget …"])
        expect(await page.getByRole("button", { name }).isDisabled()).toBe(true);
    });

    test("a user can log out", async () => {
      api.session = { name: "ann", role: "admin", required: true };
      await openDashboard();
      await waitForText(page.locator(".session"), "ann");
      await page.getByRole("button", { name: "Log out" }).click();
      await waitForRequest("POST", "api/logout", {});
      await page.waitForURL(({ pathname }) => pathname.endsWith("/login"));
    });
  });

  test("a lost connection grays out the last known state", async () => {
    await openDashboard();
    await eventually(() => findCard(GATE).isVisible(), { what: "the board" });
    await api.close();
    await waitForText(page.locator(".connection"), /connection lost at .*, reconnecting/);
    await waitForText(findCard(GATE), "120");
    const filter = await page.evaluate<string>('getComputedStyle(document.querySelector(".card .lamp")).filter');
    expect(filter).toBe("grayscale(1)");
    // ignore the console errors about refused connections
    complaints.length = 0;
  });
});
