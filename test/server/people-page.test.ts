/** Tests the views of people and of a new board, and the login page, in Chromium against a real server and real MQTT. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import jsQR from "jsqr";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readUsers } from "../../server/src/security/users-file.js";
import { chromiumNote, chromiumPath, closeContext, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { type addUsers, passwordOf } from "./support/guarded.js";
import { startAsAdministrator, PASSWORD, startPeopleServer } from "./support/people.js";
import { connectClient } from "./support/server.js";

const AXE_SCRIPT = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe.skipIf(!chromiumPath)(`in a browser${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  async function openDashboard(url: string, options: Parameters<Browser["newContext"]>[0] = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    onTestFinished(() => closeContext(context));
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (line) => {
      if (/Content.Security.Policy|Refused to/i.test(line.text())) errors.push(line.text());
    });
    await page.goto(url);
    return { page, context, errors };
  }

  async function logIn(page: Page, name = "boss", password = passwordOf(name)): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
  }

  /** Opens the view of people as the administrator `boss`. */
  async function openPeopleView(users: Parameters<typeof addUsers>[1] = {}) {
    const running = await startAsAdministrator(users);
    const opened = await openDashboard(running.url);
    await logIn(opened.page);
    await opened.page.getByRole("link", { name: "People" }).click();
    await opened.page.getByRole("heading", { name: "Users" }).waitFor();
    return { ...running, ...opened };
  }

  const findUserEntry = (page: Page, name: string) =>
    page.locator(".users > li", { has: page.getByText(name, { exact: true }) });

  test("nobody has to create an account, and with the code from the log somebody can", async () => {
    const running = await startPeopleServer();
    const { page, errors } = await openDashboard(running.url);
    await page.getByRole("heading", { name: "No board yet" }).waitFor();
    await page.getByRole("link", { name: "People" }).click();
    await page.getByRole("link", { name: "Create the first administrator" }).click();
    await page.getByRole("link", { name: "Continue without an account" }).click();
    await page.getByRole("heading", { name: "No board yet" }).waitFor();
    await page.goto(`${running.url}/login?first`);
    await page.getByLabel("One-time code").fill("wrong");
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password").fill("nightlight1");
    await page.keyboard.press("Enter");
    await page.getByText("The code is wrong.").waitFor();
    await page.getByLabel("One-time code").fill(running.codes()[0]);
    await page.keyboard.press("Enter");
    await page.getByText("easy to guess").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
    expect(await page.getByText("ann", { exact: true }).isVisible()).toBe(true);
    await expect(connectClient(running.server.brokerUrl)).rejects.toMatchObject({ code: 5 });
    await connectClient(running.server.brokerUrl, { username: "ann", password: PASSWORD });
    expect(errors).toEqual([]);
  });

  test("the first visit of a server that others can reach asks for the first administrator", async () => {
    const running = await startPeopleServer({ host: "0.0.0.0" });
    const { page } = await openDashboard(running.url);
    await page.getByRole("heading", { name: "Create the first administrator" }).waitFor();
    expect(await page.getByText("Continue without an account").isVisible()).toBe(false);
    await page.keyboard.type(running.codes()[0]);
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
  });

  test("an administrator adds a reader, changes the role and the password, and removes the user", async () => {
    const { page, url, data, errors } = await openPeopleView();
    await page.getByRole("textbox", { name: "Name" }).fill("rob");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("heading", { name: "Password of rob" }).waitFor();
    const password = (await page.locator(".copyable code").textContent())!;
    const other = await openDashboard(url);
    await logIn(other.page, "rob", password);
    expect(await other.page.getByRole("link", { name: "People" }).isVisible()).toBe(false);
    await page.getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain(password);

    await findUserEntry(page, "rob").getByRole("combobox").selectOption("admin");
    await eventually(async () => (await readUsers(data)).get("rob")?.role === "admin", { what: "the role" });
    await other.page.getByText("your role was changed").waitFor();
    await logIn(other.page, "rob", password);
    await findUserEntry(page, "rob").getByRole("button", { name: "New password" }).click();
    await page.getByRole("dialog").getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByText("it must have at least 8").waitFor();
    await page.getByRole("dialog").getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await other.page.getByText("your password was changed").waitFor();
    await logIn(other.page, "rob", PASSWORD);
    await findUserEntry(page, "rob").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await other.page.getByText("your account was removed").waitFor();
    expect((await readUsers(data)).has("rob")).toBe(false);
    expect([...errors, ...other.errors]).toEqual([]);
  });

  test("the last administrator cannot remove the own account, and stays logged in with a new password", async () => {
    const { page } = await openPeopleView();
    await findUserEntry(page, "boss").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByText("boss is the last administrator").waitFor();
    await findUserEntry(page, "boss").getByRole("button", { name: "New password" }).click();
    await page.getByRole("dialog").getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.reload();
    await page.getByRole("heading", { name: "Users" }).waitFor();
  });

  test("a token is shown once, works, and can be revoked", async () => {
    const { page, send } = await openPeopleView();
    await findUserEntry(page, "boss").getByRole("button", { name: "New token" }).click();
    await page.getByRole("button", { name: "Make the token" }).click();
    await page.getByRole("heading", { name: "Token of boss" }).waitFor();
    const token = (await page.locator(".copyable code").textContent())!;
    const statusOfToken = async () =>
      (await send("GET", "/api/users", undefined, { authorization: `Bearer ${token}` })).status;
    expect(await statusOfToken()).toBe(200);
    await findUserEntry(page, "boss").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await eventually(async () => (await statusOfToken()) === 401, { what: "the end of the token" });
    await page.reload();
    await page.getByRole("heading", { name: "Users" }).waitFor();
    expect(await page.content()).not.toContain(token);
  });

  test("an administrator ends the session of another browser, which says so", async () => {
    const { page, url } = await openPeopleView({ rob: "reader" });
    const other = await openDashboard(url, {
      userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    });
    await logIn(other.page, "rob");
    await page.reload();
    const session = page.locator('[data-part="sessions"] > li', { hasText: "rob" });
    await session.getByText("Firefox, Linux").waitFor();
    await session.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Log out" }).click();
    await other.page.getByText("You were logged out by an administrator.").waitFor();
  });

  test("a logout says so, in all tabs of the browser", async () => {
    const { page, context, url } = await openPeopleView();
    const tab = await context.newPage();
    await tab.goto(url);
    await tab.getByRole("button", { name: "Log out", exact: true }).click();
    await tab.getByText("You have logged out.").waitFor();
    // A reload would compete with the page's own way to the login page.
    await page.waitForURL(({ pathname }) => pathname === "/login");
    await page.getByLabel("Password").waitFor();
  });

  test("a board's account comes with a QR code and the commands, and connects a board at once", async () => {
    const running = await startAsAdministrator({}, { host: "0.0.0.0", startCommand: "npm run server --" });
    const { page, errors } = await openDashboard(running.url);
    await logIn(page);
    await page.getByRole("link", { name: "Add a board" }).first().click();
    await page.getByLabel("Name of the board").fill("porch");
    await page.getByText("The id of the board will be nightlight/porch").waitFor();
    await page.locator('[data-part="create"]').click();
    const command = page.locator('[data-part="setup"] code');
    await command.waitFor();
    const shownCommand = (await command.textContent())!;
    const [, password, broker] = /^NIGHTLIGHT_BOARD_PASSWORD=(\S+) \\\n {2}npm run setup -- --broker (\S+) /.exec(
      shownCommand,
    )!;
    expect(new URL(broker).hostname).not.toMatch(/^127\.|localhost/);
    expect(await readQrCode(page)).toBe(shownCommand);
    const board = await connectClient(broker, { username: "porch", password });
    await board.publishAsync("nightlight/porch/telemetry", '{"light":200}', { qos: 1 });
    await page.getByText("The board has reported").waitFor();
    await page.getByRole("link", { name: "nightlight/porch" }).click();
    await page.getByRole("heading", { name: "nightlight/porch" }).waitFor();
    await page.getByRole("link", { name: "People" }).click();
    await findUserEntry(page, "porch").getByText("nightlight/porch").waitFor();
    expect(await page.content()).not.toContain(password);
    await findUserEntry(page, "porch").getByRole("button", { name: "New password" }).click();
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.locator('[data-part="setup"] code', { hasText: "--user porch --id nightlight/porch" }).waitFor();
    await eventually(() => !board.connected, { what: "the end of the connection with the old password" });
    expect(errors).toEqual([]);
  });

  test("a reader sees how to add a board, but cannot create its account", async () => {
    const running = await startAsAdministrator({ rob: "reader" }, { host: "0.0.0.0" });
    const { page } = await openDashboard(running.url);
    await logIn(page, "rob");
    await page.getByRole("link", { name: "Add a board" }).first().click();
    await page.getByText("Ask an administrator").waitFor();
    expect(await page.locator('[data-part="create"]').isVisible()).toBe(false);
  });

  test("zones are always in the navigation, with a way back", async () => {
    const { url } = await startPeopleServer();
    const { page } = await openDashboard(url);
    await page.getByRole("link", { name: "Zones" }).click();
    await page.getByText("There are no zones").waitFor();
    await page.getByRole("link", { name: "All boards" }).click();
    await page.getByRole("heading", { name: "No board yet" }).waitFor();
  });

  test("a view that is left while it loads disturbs none that follows, and a double click adds a user once", async () => {
    const { page, errors } = await openPeopleView();
    const visit = (view: string) => page.evaluate(`location.hash = "#/${view}"`);
    let release: (() => void) | undefined;
    await page.route("**/api/users", async (route) => {
      if (!release) await new Promise<void>((resolve) => (release = resolve));
      await route.abort();
    });
    await visit("alerts");
    await visit("people");
    await eventually(() => release !== undefined, { what: "the request for the users" });
    await visit("alerts");
    await page.getByRole("heading", { name: "Messages" }).waitFor();
    const aborted = page.waitForEvent("requestfailed");
    release!();
    await aborted;
    await page.unroute("**/api/users");
    expect(await page.getByText("The server cannot be reached").count()).toBe(0);
    await visit("people");
    await page.getByRole("textbox", { name: "Name" }).fill(" rob ");
    await page.getByRole("button", { name: "Add", exact: true }).dblclick();
    await page.getByRole("heading", { name: "Password of rob" }).waitFor();
    expect(await page.getByText("exists already").count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("the views are loaded only when they are opened", async () => {
    const { server, url } = await startPeopleServer();
    // Without a board, the overview shows commands, which need some files of the views.
    const board = await connectClient(server.brokerUrl);
    await board.publishAsync("nightlight/porch/telemetry", '{"light":200}', { qos: 1 });
    const { page } = await openDashboard("about:blank");
    const loaded: string[] = [];
    page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
    await page.goto(url);
    await page.getByRole("article", { name: "nightlight/porch" }).waitFor();
    await page.locator('html[data-layout="final"]').waitFor();
    const before = loaded.length;
    expect(loaded.filter((file) => /manage|view/.test(file))).toEqual([]);
    await page.getByRole("link", { name: "Add a board" }).first().click();
    await page.getByLabel("Name of the board").waitFor();
    expect(loaded.slice(before)).toEqual(expect.arrayContaining(["/manage.html", "/manage.css", "/api/new-board"]));
  });

  test.each([
    ["dark", 1200],
    ["light", 360],
  ] as const)("the views are accessible in %s and fit a screen of %i px", async (colorScheme, width) => {
    const running = await startAsAdministrator({ porch: { device: "nightlight/porch" } }, { host: "0.0.0.0" });
    // the content security policy would block the injected axe script
    const options = { colorScheme, bypassCSP: true, viewport: { width, height: 700 } };
    const { page } = await openDashboard(running.url, options);
    const expectAccessible = async (): Promise<void> => {
      await page.addScriptTag({ content: await readFile(AXE_SCRIPT, "utf8") });
      const findings = await page.evaluate(
        "axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))",
      );
      expect(findings).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    };
    await logIn(page);
    await page.getByRole("link", { name: "People" }).click();
    await findUserEntry(page, "boss").getByRole("button", { name: "New token" }).click();
    await expectAccessible();
    await page.getByRole("button", { name: "Make the token" }).click();
    await page.getByRole("heading", { name: "Token of boss" }).waitFor();
    await expectAccessible();
    await page.getByRole("link", { name: "Add a board" }).first().click();
    await page.locator('[data-part="create"]').click();
    await page.locator(".qr").waitFor();
    await expectAccessible();
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByText("You have logged out.").waitFor();
    await expectAccessible();
    const closed = await startPeopleServer({ host: "0.0.0.0" });
    await page.goto(closed.url);
    await page.getByLabel("One-time code").waitFor();
    await expectAccessible();
  });
});

/** Decodes the QR code on a page from its picture. */
async function readQrCode(page: Page): Promise<string | undefined> {
  const code = page.locator(".qr");
  const picture = (await code.screenshot()).toString("base64");
  // passes the expression as text, because the tests are compiled without the types of a browser
  const { data, width, height } = (await page.evaluate(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${picture}";
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
    return { data: [...data], width, height };
  })()`)) as { data: number[]; width: number; height: number };
  return jsQR.default(Uint8ClampedArray.from(data), width, height)?.data;
}
