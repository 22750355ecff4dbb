/** Tests the login page in a browser. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, closeContext, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { startHttpApp, TestAccounts, portOf, createThreeAccounts } from "./support/http-app.js";

describe.skipIf(!chromiumPath)(`in a browser, the login page${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  /** Opens a page and records violations of its content security policy. */
  async function openLoginPage(
    url: string,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<{ page: Page; context: BrowserContext; violations: string[] }> {
    const context = await browser.newContext(options);
    onTestFinished(() => closeContext(context));
    const page = await context.newPage();
    const violations: string[] = [];
    page.on("console", (message) => {
      if (/Content.Security.Policy|Refused to/i.test(message.text())) violations.push(message.text());
    });
    page.on("pageerror", (error) => violations.push(error.message));
    await page.goto(url);
    return { page, context, violations };
  }

  async function submitLogin(page: Page, name: string, password: string): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
  }

  test("the login page explains a failed login, then opens the requested page", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page, context, violations } = await openLoginPage(`${url}/#/board/nightlight%2Fporch`);
    expect(new URL(page.url()).pathname).toBe("/login");
    await submitLogin(page, "ann", "guess");
    await eventually(async () => (await page.getByRole("alert").textContent())?.includes("password is wrong"), {
      what: "the reason",
    });
    // type without a click, because the password field must have the focus
    await page.keyboard.type("ann password");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/#/board/nightlight%2Fporch`);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    // the login page redirects a user who is logged in
    await page.goto(`${url}/login`);
    await page.waitForURL(`${url}/`);
    expect(violations).toEqual([]);
    // an open dashboard whose session has ended redirects to the login page
    await page.goto("about:blank");
    await context.clearCookies();
    await page.goto(`${url}/?again`);
    expect(new URL(page.url()).pathname).toBe("/login");
  });

  test("the form appears, with the focus in it, only when the page can send it", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openLoginPage("about:blank");
    let loadScript = (): void => {};
    const scriptMayLoad = new Promise<void>((resolve) => (loadScript = resolve));
    await page.route("**/login.js", async (route) => {
      await scriptMayLoad;
      await route.continue();
    });
    await page.goto(`${url}/login`, { waitUntil: "commit" });
    await page.getByText("No account yet?").waitFor();
    expect(await page.getByLabel("Name").isVisible()).toBe(false);
    loadScript();
    await page.getByLabel("Name").waitFor();
    await page.keyboard.type("ann");
    await page.getByLabel("Password").fill("ann password");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/`);
  });

  test("the form appears although the state of the login does not arrive, and leaves the focus where it is", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openLoginPage("about:blank");
    await page.route("**/api/session", () => {});
    await page.goto(`${url}/login`);
    await page.getByLabel("Language").focus();
    await page.getByLabel("Name").waitFor();
    expect(await page.locator("select:focus").count()).toBe(1);
    await submitLogin(page, "ann", "ann password");
    await page.waitForURL(`${url}/`);
  });

  test("the form appears if the server refuses to tell the state of the login", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openLoginPage("about:blank");
    await page.route("**/api/session", (route) =>
      route.fulfill({ status: 429, json: { error: "Too many requests." } }),
    );
    await page.goto(`${url}/login`);
    await submitLogin(page, "ann", "ann password");
    await page.waitForURL(`${url}/`);
  });

  test("a state of the login that arrives after the form still opens the dashboard if no login is needed", async () => {
    const { url } = await startHttpApp();
    const { page } = await openLoginPage("about:blank");
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/session", async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${url}/login`);
    await page.getByLabel("Name").waitFor();
    release();
    await page.waitForURL(`${url}/`);
  });

  test("the login page and dashboard work in an editor's frame only while there are no accounts", async () => {
    const accounts = new TestAccounts();
    const { url } = await startHttpApp({ accounts });
    const { page } = await openLoginPage("about:blank");
    // a page on another port has another origin, like an editor's page
    const editor = http.createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end(`<iframe src="${url}/"></iframe>`);
    });
    onTestFinished(() => void editor.close());
    await once(editor.listen(0, "127.0.0.1"), "listening");
    const editorUrl = `http://localhost:${portOf(editor)}/`;
    const framed = page.frameLocator("iframe");
    await page.goto(editorUrl);
    await eventually(() => framed.getByRole("heading", { name: "Nightlight", level: 1 }).isVisible(), {
      what: "the dashboard in the frame",
    });
    accounts.set("ann", "admin", "ann password");
    const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await page.goto(editorUrl);
    await refused;
    expect(await framed.getByLabel("Password").isVisible()).toBe(false);
  });

  test("the login page redirects at once when no login is needed", async () => {
    const { url } = await startHttpApp();
    const { page } = await openLoginPage(`${url}/login`);
    await page.waitForURL(`${url}/`);
  });

  test("the login page explains how to get an account, and warns about passwords without HTTPS", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts(), names: ["lights.example.org"] });
    const { page } = await openLoginPage(url);
    // The tests run in a checkout, where people run the server with npm.
    await page.getByText("npm run server -- user add mary").waitFor();
    expect(await page.getByText("not encrypted").isVisible()).toBe(false);
    await page.route("http://lights.example.org/**", async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: url + pathname }) });
    });
    await page.goto("http://lights.example.org/login");
    await eventually(() => page.getByText("not encrypted").isVisible(), { what: "the warning" });
    // ignore errors, because the request for the icon may still be running
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("the login page says why the form is missing if its script does not load", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openLoginPage("about:blank");
    const notice = page.locator('[data-part="incomplete"]');
    await page.route("**/login.js", (route) => route.abort());
    await page.goto(`${url}/login`);
    await eventually(() => notice.isVisible(), { within: 10_000, what: "the notice" });
    expect(await notice.textContent()).toContain("Reload it");
    await page.unroute("**/login.js");
    await page.reload();
    await page.getByLabel("Name").waitFor();
    expect(await notice.isVisible()).toBe(false);
  });

  test("without JavaScript, the login page says that it needs it, and shows no form", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const { page } = await openLoginPage(url, { javaScriptEnabled: false });
    expect(await page.locator("noscript").textContent()).toContain("Logging in requires JavaScript");
    expect(await page.locator('[data-part="incomplete"]').isVisible()).toBe(false);
    expect(await page.locator("form").isVisible()).toBe(false);
    // If the form were sent nevertheless, POST would keep the password out of the URL.
    expect(await page.locator("form").getAttribute("method")).toBe("post");
  });

  test.each(["dark", "light"] as const)(
    "the login page is accessible in %s and fits a screen of 320 px",
    async (colorScheme) => {
      const { url } = await startHttpApp({ accounts: new TestAccounts(["ann", "admin"]) });
      // the content security policy would block the injected axe script
      const { page } = await openLoginPage(url, {
        colorScheme,
        bypassCSP: true,
        viewport: { width: 320, height: 568 },
      });
      await submitLogin(page, "ann", "guess");
      await eventually(() => page.getByRole("alert").textContent(), { what: "the reason" });
      const axe = createRequire(import.meta.url).resolve("axe-core");
      await page.addScriptTag({ content: await readFile(axe, "utf8") });
      const violations = await page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))");
      expect(violations).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    },
  );
});
