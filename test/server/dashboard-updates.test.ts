/** Tests the controls for program updates in Chromium. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Rollout } from "../../server/dashboard/api.js";
import { chromiumNote, chromiumPath, closePage, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { writeTestImage } from "../support/updatable-board.js";
import { FakeApi } from "./support/fake-api.js";
import { UNLIMITED_HISTORY } from "./support/server.js";
import { startBoard, startUpdateServer } from "./updates/support.js";

/**
 * How long a board may take to report its new version, in ms. A program that crashes fails after this time, but a good
 * one must not, even on a busy machine.
 */
const RESTART_TIMEOUT = 5000;

const RUNNING_ROLLOUT: Rollout = {
  state: "running",
  roll_back: false,
  versions: ["2"],
  ended_at: null,
  wave: 1,
  total: 2,
  done: 0,
  failed: 0,
  updating: 1,
  skipped: 0,
  problem: null,
  failed_boards: [],
  failures: [],
  skipped_boards: [],
  to_roll_back: 0,
};

describe.skipIf(!chromiumPath)(`updates on the dashboard${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  const isVisible = (page: Page, text: string | RegExp) =>
    eventually(() => page.getByText(text).first().isVisible(), { what: String(text) });

  test("an answer from before an event does not hide the update of all boards", async () => {
    const api = await FakeApi.start();
    onTestFinished(() => api.close());
    api.changeDevice("nightlight/porch");
    const page = await browser.newPage();
    onTestFinished(() => closePage(page));
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/updates", async (route) => {
      const response = await route.fetch();
      await released;
      await route.fulfill({ response });
    });
    const requested = page.waitForRequest(/api\/updates$/);
    await page.goto(api.url);
    await requested;
    api.publish("rollout", RUNNING_ROLLOUT);
    const progress = page.getByText("First wave: one board. 0 of 2 done, 0 failed, 0 left out.");
    await progress.waitFor();
    const answered = page.waitForResponse(/api\/updates$/);
    release();
    await (await answered).finished();
    // When a later request has been answered, the page has used this answer, too.
    await page.evaluate("fetch('api/session').then((response) => response.json())");
    expect(await progress.isVisible()).toBe(true);
  });

  test("a person updates a board, sees that its program crashes, and installs the previous version", async () => {
    const { server } = await startUpdateServer(
      { restart: RESTART_TIMEOUT },
      { offered: "2-broken", history: UNLIMITED_HISTORY },
    );
    const board = await startBoard(server, "nightlight/porch");
    const { page, complaints } = await openPage(browser, `${server.httpUrl}/#/board/nightlight/porch`);
    onTestFinished(() => closePage(page));
    await isVisible(page, "Version 2-broken is available; this board runs 1.");
    await page.getByRole("button", { name: "Update to 2-broken" }).click();
    await isVisible(page, "did not report that it runs it");
    await page.getByRole("button", { name: "Install the previous version 1" }).click();
    await eventually(() => server.devices.get("nightlight/porch")?.update?.state === "done", { what: "the update" });
    expect(board.version).toBe("1");
    await isVisible(page, "Version 2-broken is available; this board runs 1.");
    await isVisible(page, /^Version 2-broken was installed on this board before and probably crashed \(.+\)\./);
    await page.goto(`${server.httpUrl}/#/`);
    await isVisible(page, "An update is available for 1 board.");
    await isVisible(
      page,
      /^On these boards, the new version was installed before and probably crashed: nightlight\/porch\./,
    );
    expect(complaints).toEqual([]);
  });

  test("a person sees how the update of all boards has ended, rolls it back, and hides the summary", async () => {
    const { server, folder } = await startUpdateServer();
    await startBoard(server, "nightlight/a", { version: "0.9" });
    await startBoard(server, "nightlight/b");
    const { page, complaints } = await openPage(browser, server.httpUrl!);
    onTestFinished(() => closePage(page));
    await page.getByRole("button", { name: "Update all …" }).click();
    await page.getByRole("button", { name: "Update", exact: true }).click();
    await isVisible(page, /^Update finished \(.+\): 2 of 2 boards run 2\.$/);
    await page.getByRole("button", { name: "Roll back …" }).click();
    await isVisible(page, "2 boards get their previous version again.");
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await isVisible(page, /^Rolled back \(.+\): 1 of 2 boards have their previous version again\.$/);
    await page.getByText("The rollback has left out 1 board.").click();
    await isVisible(page, /This server has no copy of 0\.9 for the board type test_board/);
    // the server refuses to roll the same board back again, and the page keeps the reason
    await page.getByRole("button", { name: "Roll back …" }).click();
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await isVisible(page, /^No board was rolled back\. This server has no copy/);
    await writeTestImage(folder, "3");
    await page.getByRole("button", { name: "Hide" }).click();
    await eventually(async () => !(await page.getByText(/^Rolled back/).isVisible()), { what: "hidden" });
    await page.reload();
    await isVisible(page, "Updates are available for 2 boards.");
    expect(await page.getByText(/^Rolled back/).isVisible()).toBe(false);
    expect(complaints.filter((text) => !text.includes("409"))).toEqual([]);
  });

  test("a person updates all boards to a newer version after a stop", async () => {
    const { server, folder } = await startUpdateServer({ restart: RESTART_TIMEOUT });
    const crashing = { crashes: (version: string) => version === "2" };
    const boards = [
      await startBoard(server, "nightlight/a", crashing),
      await startBoard(server, "nightlight/b", crashing),
    ];
    const { page, complaints } = await openPage(browser, server.httpUrl!);
    onTestFinished(() => closePage(page));
    await page.getByRole("button", { name: "Update all …" }).click();
    await page.getByRole("button", { name: "Update", exact: true }).click();
    await isVisible(page, /^The update of the boards has stopped\. 0 of 2 done, 1 failed, 0 left out\.$/);
    expect(await page.getByRole("button", { name: "Update all …" }).isVisible()).toBe(false);
    await writeTestImage(folder, "3");
    await isVisible(page, /^The update of the boards has stopped\. .* A newer version is available for 1 board\.$/);
    await page.getByRole("button", { name: "Update all …" }).click();
    await page.getByRole("button", { name: "Update", exact: true }).click();
    await isVisible(page, /^Update finished \(.+\): 1 of 1 boards run 3\.$/);
    await page.getByRole("button", { name: "Roll back …" }).click();
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await isVisible(page, /^Rolled back \(.+\): 2 of 2 boards have their previous version again\.$/);
    expect(boards.map(({ version }) => version)).toEqual(["1", "1"]);
    expect(complaints).toEqual([]);
  });

  test("a person updates all boards, sees why it stops and leaves out a board, and rolls back", async () => {
    const { server } = await startUpdateServer({ restart: RESTART_TIMEOUT });
    const ids = ["nightlight/a", "nightlight/b", "nightlight/c"];
    const boards = await Promise.all(
      ids.map((id) => startBoard(server, id, { crashes: (version) => id.endsWith("b") && version === "2" })),
    );
    await startBoard(server, "nightlight/0", { refusal: "set UPDATE_URL first" });
    const { page, complaints } = await openPage(browser, server.httpUrl!);
    onTestFinished(() => closePage(page));
    await isVisible(page, "Updates are available for 4 boards.");
    await page.getByRole("button", { name: "Update all …" }).click();
    await page.getByRole("button", { name: "Update", exact: true }).click();
    await isVisible(page, "The update of the boards has stopped. 1 of 4 done, 1 failed, 1 left out.");
    await isVisible(page, "Failed: nightlight/b.");
    await page.getByText("The last update of all boards has left out 1 board.").click();
    await isVisible(page, "nightlight/0 refuses the update: set UPDATE_URL first.");
    expect(boards.map(({ version }) => version)).toEqual(["2", "2", "1"]);
    await page.getByRole("button", { name: "Roll back …" }).click();
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await eventually(() => boards.every(({ version }) => version === "1"), { what: "the previous versions" });
    await isVisible(page, "Updates are available for 4 boards.");
    expect(complaints).toEqual([]);
  });
});
