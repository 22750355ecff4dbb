import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { LoginThrottle } from "../../server/src/http/login-throttle.js";
import { BusyError } from "../../server/src/security/accounts.js";
import { chromiumNote, chromiumPath, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { ask, httpApp, logIn, TestAccounts, portOf, threeAccounts, type Answer } from "./support/http-app.js";

const login = (url: string, name: unknown, password: unknown, headers = {}): Promise<Answer> =>
  ask(url, "/api/login", { method: "POST", body: { name, password }, headers });

describe("logging in", () => {
  test("begins a session that says who one is, and logging out ends it for good", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    expect((await ask(url, "/api/session")).json).toEqual({ name: null, role: null, required: true });
    const answer = await login(url, "rob", "rob password");
    expect(answer).toMatchObject({ status: 200, json: { name: "rob", role: "reader", required: true } });
    const [cookie, ...attributes] = answer.headers["set-cookie"]![0].split("; ");
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Strict"]);
    expect(answer.text).not.toContain(cookie.split("=")[1]);
    const headers = { cookie };
    expect((await ask(url, "/api/session", { headers })).json).toMatchObject({ name: "rob", role: "reader" });
    const logout = await ask(url, "/api/logout", { method: "POST", headers });
    expect(logout.status).toBe(204);
    expect(logout.headers["set-cookie"]![0]).toContain("Max-Age=0");
    expect((await ask(url, "/api/session", { headers })).json).toMatchObject({ name: null });
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
  });

  test("gives a new session each time, never one that the browser came with", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const name = (await logIn(url, "ann")).split("=")[0];
    const planted = `${name}=${"A".repeat(43)}`;
    const first = (await login(url, "ann", "ann password", { cookie: planted })).headers["set-cookie"]![0];
    expect(first).not.toContain("AAAA");
    expect((await ask(url, "/api/devices", { headers: { cookie: planted } })).status).toBe(401);
    const cookie = first.split(";")[0];
    await login(url, "rob", "rob password", { cookie });
    expect((await ask(url, "/api/devices", { headers: { cookie } })).status).toBe(401);
  });

  test("is refused with the same answer whether the name or the password is wrong", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const answers = [await login(url, "ann", "guess"), await login(url, "nobody", "guess"), await login(url, "", "")];
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([401, '{"error":"The name or the password is wrong."}']);
      expect(headers["set-cookie"]).toBeUndefined();
    }
    expect(Object.keys(answers[1].headers)).toEqual(Object.keys(answers[0].headers));
  });

  test("is nothing for a board", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const answer = await login(url, "porch", "porch password");
    expect(answer).toMatchObject({ status: 403, json: { error: expect.stringContaining("board") } });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test.each([
    [undefined, "x"],
    ["ann", 5],
    [["ann"], "x"],
    [{}, null],
  ])("with %j and %j says what is wanted", async (name, password) => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    expect(await login(url, name, password)).toMatchObject({ status: 400, json: { error: /^Log in with/ } });
  });

  test.each(["null", "[]", '"ann"', "5"])("with the body %s says what is wanted", async (body) => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    expect((await ask(url, "/api/login", { method: "POST", body })).status).toBe(400);
  });

  test("is not for as long as the password is being changed: sessions of the old one end", async () => {
    const accounts = threeAccounts();
    const { url } = await httpApp({ accounts });
    const headers = { cookie: await logIn(url, "ann") };
    expect((await ask(url, "/api/devices", { headers })).status).toBe(200);
    accounts.set("ann", "admin", "another");
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
    accounts.set("ann", "admin", "ann password");
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
  });

  test("is put off, and not counted, while too many passwords wait", async () => {
    const accounts = threeAccounts();
    accounts.check = () => Promise.reject(new BusyError());
    const { url } = await httpApp({ accounts });
    for (let n = 0; n < 10; n++)
      expect(await login(url, "ann", `x${n}`)).toMatchObject({ status: 503, json: { error: /Too many logins/ } });
  });
});

describe("guessing", () => {
  test("is slowed down after five failures, whatever the name, and says when to come again", async () => {
    for (const name of ["ann", "nobody"]) {
      const accounts = threeAccounts();
      const { url } = await httpApp({ accounts });
      for (let n = 0; n < 5; n++) expect((await login(url, name, `guess ${n}`)).status).toBe(401);
      const answer = await login(url, name, "ann password");
      expect(answer).toMatchObject({
        status: 429,
        headers: { "retry-after": "1" },
        json: { error: "There were too many wrong passwords; try again in 1 s." },
      });
      expect(accounts.checks).toBe(5);
    }
  });

  test("is not quicker in parallel, nor with Basic", async () => {
    const accounts = threeAccounts();
    const { url } = await httpApp({ accounts });
    const guesses = Array.from({ length: 60 }, (_, n) =>
      n % 2
        ? login(url, "ann", `guess ${n}`)
        : ask(url, "/api/devices", {
            headers: { authorization: `Basic ${Buffer.from(`ann:guess ${n}`).toString("base64")}` },
          }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(accounts.checks).toBe(5);
  });

  test("is not what a client does that sends the right password with each of many requests at once", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const headers = { authorization: `Basic ${Buffer.from("ann:ann password").toString("base64")}` };
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(url, "/api/devices", { headers })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("by one does not end the session of another", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const headers = { cookie: await logIn(url, "ann") };
    for (let n = 0; n < 8; n++) await login(url, "ann", `guess ${n}`);
    expect((await login(url, "ann", "ann password")).status).toBe(429);
    expect((await ask(url, "/api/devices", { headers })).status).toBe(200);
  });

  function throttled() {
    const clock = { time: 0 };
    const throttle = new LoginThrottle(() => clock.time);
    /** Fails as often as it may, at once. */
    const fail = (address: string, name: string): number => {
      for (;;) {
        const wait = throttle.attempt(address, name);
        if (wait > 0) return wait;
      }
    };
    return { clock, throttle, fail };
  }

  test("makes each further attempt wait twice as long, up to 15 min, and is forgotten after an hour", () => {
    const { clock, throttle, fail } = throttled();
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const wait = fail("192.0.2.1", `name ${n}`);
      waits.push(wait / 1000);
      clock.time += wait;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    clock.time += 60 * 60_000;
    expect(throttle.attempt("192.0.2.1", "ann")).toBe(0);
    expect(throttle.attempt("192.0.2.1", "ann")).toBe(0);
  });

  test("from many addresses at one name is slowed down as well, but not for its user, at the address known from before", () => {
    const { throttle } = throttled();
    expect(throttle.attempt("192.0.2.1", "ann")).toBe(0);
    throttle.succeeded("192.0.2.1", "ann");
    for (let n = 0; n < 5; n++) expect(throttle.attempt(`198.51.100.${n}`, "ann")).toBe(0);
    expect(throttle.attempt("198.51.100.9", "ann")).toBeGreaterThan(0);
    expect(throttle.attempt("192.0.2.1", "ann")).toBe(0);
  });

  test("is not forgiven by a login with an account of one's own in between", () => {
    const { throttle } = throttled();
    for (let n = 0; n < 5; n++) {
      expect(throttle.attempt("192.0.2.1", "ann")).toBe(0);
      if (n === 4) break;
      expect(throttle.attempt("192.0.2.1", "eve")).toBe(0);
      throttle.succeeded("192.0.2.1", "eve");
    }
    expect(throttle.attempt("192.0.2.1", "eve")).toBeGreaterThan(0);
  });

  test("counts a network of IPv6 as one address, and IPv4 the same however it is written", () => {
    const { throttle, fail } = throttled();
    fail("2001:db8:0:1::1", "a");
    expect(throttle.attempt("2001:db8:0:1:ffff::9", "b")).toBeGreaterThan(0);
    expect(throttle.attempt("2001:db8::1:0:0:0:1", "c")).toBeGreaterThan(0);
    expect(throttle.attempt("2001:db8:0:2::1", "d")).toBe(0);
    fail("::ffff:192.0.2.7", "e");
    expect(throttle.attempt("192.0.2.7", "f")).toBeGreaterThan(0);
    expect(throttle.attempt("192.0.2.8", "g")).toBe(0);
  });

  test("is remembered of 10,000 addresses and no more, so that it fills no memory", () => {
    const { throttle, fail } = throttled();
    fail("first", "a");
    for (let n = 0; n < 9_999; n++) throttle.attempt(`${n}`, `name ${n}`);
    expect(throttle.attempt("first", "b")).toBeGreaterThan(0);
    throttle.attempt("one more", "c");
    expect(throttle.attempt("first", "b")).toBe(0);
  });
});

describe.skipIf(!chromiumPath)(`in a browser, the login page${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  /** A page, with what its content security policy refused. */
  async function open(
    url: string,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<{ page: Page; context: BrowserContext; violations: string[] }> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const violations: string[] = [];
    page.on("console", (message) => {
      if (/Content.Security.Policy|Refused to/i.test(message.text())) violations.push(message.text());
    });
    page.on("pageerror", (error) => violations.push(error.message));
    await page.goto(url);
    return { page, context, violations };
  }

  async function fill(page: Page, name: string, password: string): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
  }

  test("stands before the dashboard, says what is wrong, and opens the place that was asked for", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const { page, context, violations } = await open(`${url}/#/board/nightlight%2Fporch`);
    expect(new URL(page.url()).pathname).toBe("/login");
    await fill(page, "ann", "guess");
    await eventually(async () => (await page.getByRole("alert").textContent())?.includes("password is wrong"), {
      what: "the reason",
    });
    // the caret is where one goes on
    await page.keyboard.type("ann password");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/#/board/nightlight%2Fporch`);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    // whoever is logged in has nothing to do at the login page
    await page.goto(`${url}/login`);
    await page.waitForURL(`${url}/`);
    expect(violations).toEqual([]);
    // an open dashboard that is not let in any more goes to the login page by itself
    await page.goto("about:blank");
    await context.clearCookies();
    await page.goto(`${url}/?again`);
    expect(new URL(page.url()).pathname).toBe("/login");
  });

  test("and the dashboard stand in an editor's frame while nobody needs an account, and in no frame afterwards", async () => {
    const accounts = new TestAccounts();
    const { url } = await httpApp({ accounts });
    const { page } = await open("about:blank");
    // a page of another port of this machine is of another origin, as an editor's is
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

  test("leads on at once where nobody has to log in", async () => {
    const { url } = await httpApp();
    const { page } = await open(`${url}/login`);
    await page.waitForURL(`${url}/`);
  });

  test("says what to do without an account, and that a password is readable without HTTPS, where it is", async () => {
    const { url } = await httpApp({ accounts: threeAccounts(), names: ["lights.example.org"] });
    const { page } = await open(url);
    expect(await page.getByText("nightlight-server user add mary").isVisible()).toBe(true);
    expect(await page.getByText("not encrypted").isVisible()).toBe(false);
    await page.route("http://lights.example.org/**", async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: url + pathname }) });
    });
    await page.goto("http://lights.example.org/login");
    await eventually(() => page.getByText("not encrypted").isVisible(), { what: "the warning" });
    // an icon may still be on its way
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("never puts a password into an address, not even without its program", async () => {
    const { url } = await httpApp({ accounts: threeAccounts() });
    const { page } = await open(url, { javaScriptEnabled: false });
    await fill(page, "ann", "ann password");
    await page.waitForURL(`${url}/api/login`);
    expect(page.url()).not.toContain("password");
  });

  test.each(["dark", "light"] as const)("is accessible in %s, and fits a phone of 320 px", async (colorScheme) => {
    const { url } = await httpApp({ accounts: new TestAccounts(["ann", "admin"]) });
    // axe is put into the page, which the page's policy would refuse
    const { page } = await open(url, { colorScheme, bypassCSP: true, viewport: { width: 320, height: 568 } });
    await fill(page, "ann", "guess");
    await eventually(() => page.getByRole("alert").textContent(), { what: "the reason" });
    const axe = createRequire(import.meta.url).resolve("axe-core");
    await page.addScriptTag({ content: await readFile(axe, "utf8") });
    const violations = await page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))");
    expect(violations).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  });
});
