/** Tests the page's languages in a browser. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { LANGUAGES } from "../../server/dashboard/messages/languages.js";
import { table as zh } from "../../server/dashboard/messages/zh.js";
import { chromiumNote, chromiumPath, closeContext, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { FakeApi } from "./support/fake-api.js";
import { startHttpApp, createThreeAccounts } from "./support/http-app.js";

/** Names in an alphabet that no language of the page uses, so that Latin letters on the page are untranslated text. */
const BOARD = "дом/крыльцо";
const ZONE = "сад";

/** Script that returns the Latin words in texts and text attributes of the page, even in hidden parts and templates. */
const FIND_LATIN_WORDS = `(() => {
  const found = [];
  const visit = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === 3) found.push(...(node.data.match(/[A-Za-z][A-Za-z-]+/g) ?? []));
      if (node.nodeType !== 1 || node.matches("code, script, [data-part=language], h1, .bottom")) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt"])
        found.push(...((node.getAttribute(name) ?? "").match(/[A-Za-z][A-Za-z-]+/g) ?? []));
      visit(node.content ?? node);
    }
  };
  visit(document.body);
  return [...new Set(found)];
})()`;

describe.skipIf(!chromiumPath)(`the languages of the page${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  async function openInLanguage(url: string, locale: string): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ locale });
    onTestFinished(() => closeContext(context));
    const page = await context.newPage();
    await page.goto(url);
    return { context, page };
  }

  async function fakeApi(): Promise<FakeApi> {
    const api = await FakeApi.start();
    onTestFinished(() => api.close());
    return api;
  }

  const languageOf = (page: Page) => page.locator("html").getAttribute("lang");

  test("the page uses the browser's language, loads only its texts, and remembers another choice", async () => {
    const api = await fakeApi();
    api.changeDevice(BOARD, { since: "2026-01-02T03:04:05Z" });
    const { context, page } = await openInLanguage("about:blank", "de-AT");
    const tables: string[] = [];
    page.on("request", (request) => tables.push(...(/messages-\w+/.exec(request.url()) ?? [])));
    await page.goto(api.url);
    const card = page.getByRole("article");
    await eventually(async () => (await card.textContent())?.includes("der Server entscheidet"), { what: "German" });
    expect(await card.textContent()).toMatch(/online seit 2\. Jän\.,? \d\d:04/);
    expect(await languageOf(page)).toBe("de");
    expect(tables).toEqual(["messages-de"]);

    await page.getByLabel("Sprache").selectOption("Español");
    await eventually(async () => (await card.textContent())?.includes("decide el servidor"), { what: "Spanish" });
    expect(await languageOf(page)).toBe("es");
    const second = await context.newPage();
    await second.goto(api.url);
    await eventually(() => second.getByLabel("Idioma").isVisible(), { what: "Spanish in another tab" });
  });

  test("the login page uses the same language, and its failures too", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openInLanguage(url, "es-MX");
    await page.getByLabel("Nombre").fill("ann");
    await page.getByLabel("Contraseña").fill("ann password");
    expect(await page.title()).toBe("Iniciar sesión · Nightlight");
    await page.getByLabel("Idioma").selectOption("Deutsch");
    await page.getByLabel("Passwort").fill("ann password");
    await page.getByLabel("Name").fill("ann");
    await page.route("**/api/login", (route) => route.abort());
    await page.getByRole("button", { name: "Anmelden" }).click();
    await eventually(
      async () => (await page.getByRole("alert").first().textContent())?.startsWith("Der Server ist nicht"),
      {
        what: "the failure in German",
      },
    );
    await page.unroute("**/api/login");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await eventually(() => page.getByRole("button", { name: "Abmelden" }).isVisible(), {
      what: "the dashboard in German",
    });
  });

  test.each(["messages-de.js", "app.js"])("without %s, the page says that it is incomplete", async (file) => {
    const api = await fakeApi();
    const { page } = await openInLanguage("about:blank", "de");
    await page.route(`**/${file}`, (route) => route.abort());
    await page.goto(api.url);
    await eventually(() => page.getByText("did not load completely").isVisible(), { what: "the notice" });
  });

  test("every text of every view is translated", async () => {
    const api = await fakeApi();
    api.session = { name: "анна", role: "reader", required: true };
    api.storageProblem = "Диск полон.";
    const past = new Date(Date.now() - 86_400_000).toISOString();
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const details = { board: "плата", firmware: "1", missing: 2, dropped: 3, blinking: true, since: past };
    api.changeDevice(BOARD, {
      ...details,
      label: "Крыльцо",
      zone: ZONE,
      reason: `zone ${ZONE}: median 500 of 3 sensors ≥ 300`,
    });
    api.changeDevice("дом/два", {
      mode: "on",
      until: soon,
      online: false,
      led_on: null,
      reason: "a person keeps the lamp on",
    });
    api.changeDevice("дом/три", { light: null, last_seen: null, online: false, reason: null, decided_by: "device" });
    const sensors = [
      { id: BOARD, light: 500, stale: false },
      { id: "дом/два", light: null, stale: true },
    ];
    api.changeZone(ZONE, { sensors, lamps: [BOARD, "дом/два"], reason: "no sensor tells, 2 are stale; left as it is" });
    api.changeZone("двор", { sensors, lamps: [BOARD], combine: "at_least", mode: "off", until: soon, reason: null });
    const now = Date.now();
    api.readings = Array.from({ length: 9 }, (_, i) => ({
      time: now - i * 600_000,
      min: 1,
      max: 9,
      last: 5,
      count: 2,
    })).reverse();
    api.switches = [
      { time: now - 3_000_000, led_on: true, by: "server", reason: "light 120 < 300" },
      { time: now - 2_000_000, led_on: false, by: "person", reason: "" },
    ];
    const contested = { account: "анна", addresses: ["::1", "::2", "::3"], takeovers: 1 };
    api.contested = Array.from({ length: 7 }, (_, i) => ({ ...contested, client_id: String(i) }));
    const { page } = await openInLanguage("about:blank", "zh-CN");
    // Words such as MQTT are the same in every language.
    const known = new Set(
      JSON.stringify(zh)
        .replace(/"\w+":|\{\w+\}/g, " ")
        .match(/[A-Za-z][A-Za-z-]+/g),
    );
    for (const [view, ready] of Object.entries({
      "#/": "Крыльцо",
      "#/zones": "двор",
      [`#/board/${encodeURIComponent(BOARD)}`]: "以表格显示读数",
      "#/board/нет": "没有开发板",
    })) {
      await page.goto("about:blank");
      await page.goto(api.url + view);
      await eventually(() => page.getByText(ready).filter({ visible: true }).first().isVisible(), { what: view });
      if (view.startsWith("#/board/%D0%B4")) {
        await page.getByText("以表格显示读数").click();
        await eventually(async () => (await page.getByRole("row").count()) > 5, { what: "the table" });
        await page.locator(".chart").focus();
        await page.keyboard.press("ArrowLeft");
      }
      const words = await page.evaluate<string[]>(FIND_LATIN_WORDS);
      expect(
        words.filter((word) => !known.has(word)),
        view,
      ).toEqual([]);
    }
  });

  test.each(Object.keys(LANGUAGES))("every view fits on a phone in the language %s", async (code) => {
    const api = await fakeApi();
    api.changeDevice(BOARD, {
      zone: ZONE,
      missing: 12,
      dropped: 3,
      mode: "on",
      until: new Date(Date.now() + 3_600_000).toISOString(),
    });
    api.changeDevice("дом/два", { online: false });
    api.changeZone(ZONE, { sensors: [{ id: BOARD, light: 500, stale: false }], lamps: [BOARD] });
    const { page } = await openInLanguage("about:blank", code);
    await page.setViewportSize({ width: 320, height: 640 });
    for (const view of ["#/", "#/zones", `#/board/${encodeURIComponent(BOARD)}`]) {
      await page.goto(api.url + view);
      await eventually(
        () =>
          page
            .getByText(/крыльцо/)
            .filter({ visible: true })
            .first()
            .isVisible(),
        { what: view },
      );
      await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
      expect(await page.evaluate("document.documentElement.scrollWidth"), view).toBe(320);
    }
  });
});
