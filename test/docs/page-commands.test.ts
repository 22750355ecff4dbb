/** Runs every command that the dashboard shows, exactly as it is shown, in a copy of the repository. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { startServer, type NightlightServer, type ServerOptions } from "nightlight-server";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { addUsers, passwordOf } from "../server/support/guarded.js";
import { createTemporaryFolder } from "../server/support/server.js";
import { Sandbox } from "./support/sandbox.js";

/** The last output of `npm run flash` without a board. */
const NO_BOARD_ERROR = /^Failed\.\n.*\n {2}What to do: /m;

describe.skipIf(!chromiumPath)(`the commands of the dashboard${chromiumNote}`, () => {
  let browser: Browser;
  let sandbox: Sandbox;
  beforeAll(async () => {
    [browser, sandbox] = await Promise.all([startChromium(), Sandbox.open()]);
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
  });

  /** Starts a server. It has the administrator `boss`, or no account if `open` is true. */
  async function startDashboardServer(
    options: ServerOptions,
    open = false,
  ): Promise<{ server: NightlightServer; url: string }> {
    await sandbox.reset();
    const data = await createTemporaryFolder();
    if (!open) await addUsers(data, { boss: "admin" });
    const server = await startServer({ data, mqttPort: 0, httpPort: 0, history: false, ...options });
    onTestFinished(() => server.close());
    return { server, url: `http://127.0.0.1:${new URL(server.httpUrl!).port}` };
  }

  /** Opens the view that adds a board, with a name for the board. */
  async function addBoard(url: string, name: string, loggedIn = true): Promise<Page> {
    const { page } = await openPage(browser, `${url}/#/add-board`);
    onTestFinished(() => page.close());
    if (loggedIn) {
      await page.getByLabel("Name").fill("boss");
      await page.getByLabel("Password").fill(passwordOf("boss"));
      await page.keyboard.press("Enter");
    }
    await page.getByLabel("Name of the board").fill(name);
    return page;
  }

  /** Waits until the page shows a command that contains the text, and returns the first visible one. */
  async function commandWith(page: Page, text: string): Promise<string> {
    // the page of all boards, which is hidden here, shows commands too
    const found = page.locator(".copyable code:visible", { hasText: text });
    await found.first().waitFor();
    return (await found.first().textContent())!;
  }

  test("set up and flash a board, with the account that the page has created", async () => {
    const { server, url } = await startDashboardServer({ host: "0.0.0.0", startCommand: "npm run server --" });
    const page = await addBoard(url, "porch");
    await page.locator('[data-part="create"]').click();
    const setup = await commandWith(page, "npm run setup");
    await sandbox.runStep({
      command: setup,
      unchanged: true,
      typedAnswers: ["home", "a wifi password", "", "y"],
      expectedOutput: /The broker accepts the board[^]*\.env\.local is written/,
    });
    const settings = await readFile(path.join(sandbox.folder, ".env.local"), "utf8");
    expect(settings).toMatch(/^WIFI_SSID=home$/m);
    expect(settings).toMatch(/^MQTT_USER=porch$/m);
    expect(settings).toMatch(/^NL_ID=nightlight\/porch$/m);
    const [, host] = /^MQTT_HOST=(.+)$/m.exec(settings)!;
    expect(host).not.toMatch(/^127\./);
    await sandbox.runStep({
      command: await commandWith(page, "npm run flash"),
      unchanged: true,
      exitCode: 1,
      expectedOutput: NO_BOARD_ERROR,
    });
    expect(server.devices.list()).toEqual([]);
  });

  test("set up a board without an account, on a server that lets everybody in", async () => {
    const { url } = await startDashboardServer(
      { host: "0.0.0.0", anonymous: true, startCommand: "npm run server --" },
      true,
    );
    const page = await addBoard(url, "porch", false);
    await sandbox.runStep({
      command: await commandWith(page, "npm run setup"),
      unchanged: true,
      typedAnswers: ["home", "a wifi password", "", "y"],
      expectedOutput: /The broker accepts the board[^]*\.env\.local is written/,
    });
  });

  test.each([true, false])("start a simulated board from the checkout (with accounts: %s)", async (closed) => {
    const { server, url } = await startDashboardServer({ startCommand: "npm run server --" }, !closed);
    const page = await addBoard(url, "virtual", closed);
    if (closed) await page.locator('[data-part="virtual-create"]').click();
    const command = await commandWith(page, "npm run sim");
    await sandbox.runStep({ command, unchanged: true, keepsRunning: true, expectedOutput: /virtual.*connected/ });
    await page.getByText("The board has reported").waitFor();
    const shown = await page.innerText("body");
    expect(server.devices.list(), shown).toMatchObject([{ id: "nightlight/virtual", online: true }]);
    await sandbox.stopPrograms();
  });

  test.each([true, false])(
    "send a reading from an MQTT client, for a server that is installed as a package (with accounts: %s)",
    async (closed) => {
      const { server, url } = await startDashboardServer({ startCommand: "nightlight-server" }, !closed);
      const page = await addBoard(url, "client", closed);
      if (closed) await page.locator('[data-part="virtual-create"]').click();
      await sandbox.runStep({ command: await commandWith(page, "npx mqtt pub"), unchanged: true });
      await eventually(() => server.devices.get("nightlight/client")?.led_on === true, { what: "the lamp" });
    },
  );

  test.each(["npm start --", "npm run server --", "nightlight-server"])(
    "include %s with the flag that lets boards reach the server",
    async (startCommand) => {
      const { url } = await startDashboardServer({ startCommand }, true);
      const page = await addBoard(url, "porch", false);
      await page.getByText("Boards cannot reach this server, because").waitFor();
      await sandbox.runStep({
        command: await commandWith(page, "--host"),
        unchanged: true,
        runsUntilStopped: true,
        expectedOutput: /Dashboard and API at http[^]*one-time code/,
      });
    },
  );

  test("start a simulated board in the server that `npm start` runs", async () => {
    await sandbox.reset();
    const output = /New device: nightlight\/sim-1/;
    await sandbox.runStep({ command: "npm start", keepsRunning: true, expectedOutput: output });
    const page = await addBoard(`http://${sandbox.httpAddress}`, "second", false);
    await page.getByRole("button", { name: "Add a simulated board" }).click();
    await page.getByText("The board has reported").waitFor({ timeout: 60_000 });
    await page.getByRole("link", { name: "nightlight/second" }).click();
    await page.getByRole("heading", { name: "nightlight/second" }).waitFor();
    await sandbox.stopPrograms();
  });
});
