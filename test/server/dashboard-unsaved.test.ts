/** Tests in Chromium that the dashboard loses nothing that a person has typed and not saved yet. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, closePage, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { startTestBoard } from "./support/board.js";
import { startSettingsServer } from "./support/settings.js";

const CONFIGURATION_FILE = `rule:
  threshold: 300
  hysteresis: 40
zones:
  hall:
    sensors: [nightlight/porch]
    lamps: [nightlight/stairs]
    hours: {from: "7:00", to: "22:00", time_zone: Europe/Berlin}
`;

describe.skipIf(!chromiumPath)(`unsaved changes on the dashboard${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  /** Opens a view. Fails the test if the page reports problems other than answers with an error status. */
  async function openView(url: string, view: string): Promise<Page> {
    const { page, complaints } = await openPage(browser, `${url}/#${view}`);
    onTestFinished(async () => {
      await closePage(page);
      expect(complaints.filter((one) => !one.includes("Failed to load resource"))).toEqual([]);
    });
    return page;
  }

  async function openZone(page: Page): Promise<Locator> {
    await page.getByRole("button", { name: "Settings of zone hall" }).click();
    return page.locator("dialog.editor");
  }

  const saveButton = (place: Locator): Locator => place.getByRole("button", { name: "Save" }).last();

  test("whoever takes the value of somebody else for one setting keeps the own value of another", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const form = page.locator('form:has([data-setting="rule > threshold"])');
    await form.getByLabel("Threshold", { exact: true }).fill("310");
    await form.getByLabel("Hysteresis", { exact: true }).fill("55");
    await server.patch({ rule: { threshold: 320 } });
    await saveButton(form).click();
    await page.getByRole("button", { name: "Take theirs" }).click();
    await form.getByText("Saved.").waitFor();
    expect(await server.text()).toContain("rule:\n  threshold: 320\n  hysteresis: 55\n");
    expect(await form.getByLabel("Threshold", { exact: true }).inputValue()).toBe("320");
    expect(await saveButton(form).isDisabled()).toBe(true);
  });

  test("what a person types while the server saves stays, and can be saved next", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const form = page.locator('form:has([data-setting="rule > threshold"])');
    const [threshold, hysteresis] = ["Threshold", "Hysteresis"].map((name) => form.getByLabel(name, { exact: true }));
    let answer: (() => void) | undefined;
    await page.route("**/api/settings", async (route) => {
      if (route.request().method() === "PATCH" && !answer) await new Promise<void>((resolve) => (answer = resolve));
      await route.continue();
    });
    await threshold.fill("310");
    await threshold.press("Enter");
    await eventually(() => answer !== undefined, { what: "the request" });
    await threshold.fill("311");
    await hysteresis.fill("56");
    answer!();
    await form.getByText("Saved.").waitFor();
    expect([await threshold.inputValue(), await hysteresis.inputValue()]).toEqual(["311", "56"]);
    // a change by somebody else does not hide the result of the save
    const minimum = form.locator('[data-setting="rule > min_on"] input');
    const before = await minimum.inputValue();
    await server.patch({ rule: { min_on: "5s" } });
    await eventually(async () => (await minimum.inputValue()) !== before, { what: "the change by somebody else" });
    expect(await form.getByText("Saved.").isVisible()).toBe(true);
    await saveButton(form).click();
    await eventually(async () => (await server.text()).startsWith("rule:\n  threshold: 311\n  hysteresis: 56\n"), {
      what: "the second change in the file",
    });
  });

  test.each([
    ["typed before the server answers", true],
    ["begun in the empty field, and typed after the answer", false],
  ])("the name of a new board stays as it was typed: %s", async (_when, isTypedFirst) => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const { page } = await openPage(browser, server.httpUrl);
    onTestFinished(() => closePage(page));
    let answer: (() => void) | undefined;
    await page.route("**/api/new-board", async (route) => {
      await new Promise<void>((resolve) => (answer = resolve));
      await route.continue();
    });
    await page.locator('[data-part="add-board-link"]').click();
    const name = page.getByLabel("Name of the board");
    await name.focus();
    if (isTypedFirst) await page.keyboard.type("attic");
    await eventually(() => answer !== undefined, { what: "the request" });
    answer!();
    if (!isTypedFirst) {
      await eventually(async () => (await name.inputValue()) !== "", { what: "the proposed name" });
      await page.keyboard.type("attic");
    }
    await page.getByText("nightlight/attic").first().waitFor();
    expect(await name.inputValue()).toBe("attic");
  });

  test("the settings of a zone show every time of the file, and save what the person sees", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const dialog = await openZone(page);
    expect(await dialog.getByLabel("From", { exact: true }).inputValue()).toBe("07:00");
    await dialog.getByLabel("Time zone").fill("");
    await dialog.getByRole("group", { name: "Sensors" }).getByLabel("Id of another board").fill("nightlight/attic");
    await dialog.getByRole("group", { name: "Lamps" }).getByLabel("Id of another board").fill("nightlight/lamp");
    await dialog.getByRole("group", { name: "Lamps" }).getByRole("button", { name: "Add" }).click();
    await saveButton(dialog).click();
    await dialog.getByText("Saved.").waitFor();
    expect((await server.get()).view.zones.hall).toEqual({
      sensors: ["nightlight/porch", "nightlight/attic"],
      lamps: ["nightlight/stairs", "nightlight/lamp"],
      hours: { from: "07:00", to: "22:00" },
    });
  });

  test("neither Escape nor a new short name discards other changes of a zone", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const dialog = await openZone(page);
    const label = dialog.getByLabel("Name", { exact: true });
    await label.fill("Entrance hall");
    await dialog.getByLabel("Short name").fill("entrance");
    await dialog.getByLabel("Short name").press("Enter");
    await dialog.getByText("Save or discard your other changes first.").waitFor();
    await page.keyboard.press("Escape");
    const question = page.getByRole("dialog", { name: "Discard your changes?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(await label.inputValue()).toBe("Entrance hall");
    await dialog.getByRole("button", { name: "Close" }).click();
    await question.getByRole("button", { name: "Discard" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await server.text()).toBe(CONFIGURATION_FILE);
  });

  test("the page asks before it leaves a view with unsaved changes", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/zones");
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    const threshold = page.getByLabel("Threshold", { exact: true });
    const question = page.getByRole("dialog", { name: "Discard your changes?" });
    await threshold.fill("310");
    await page.goBack();
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(await threshold.inputValue()).toBe("310");
    expect(page.url()).toContain("#/settings");
    await page.getByRole("link", { name: "Zones", exact: true }).click();
    await question.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "New zone" }).waitFor();
    await threshold.waitFor({ state: "detached" });
    expect(page.url()).toContain("#/zones");
  });

  test("mistakes that somebody makes in the file are named, and every changed form works again when they are corrected", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const form = page.locator('form:has([data-setting="rule > threshold"])');
    const threshold = form.getByLabel("Threshold", { exact: true });
    const other = page.locator('form:has([data-setting="reporting > dead_band"])');
    await threshold.fill("310");
    await other.getByLabel("Smallest reported change").fill("50");
    // Without this, the page may load the mistakes before the click, for example when its live connection is ready.
    let isSaving = false;
    await page.route("**/api/settings", async (route) => {
      isSaving ||= route.request().method() === "PATCH";
      await (isSaving ? route.continue() : route.abort());
    });
    await server.write(`${CONFIGURATION_FILE}history: [\n`);
    await saveButton(form).click();
    await form.getByText("has mistakes. Correct them in the file before you change settings here:").waitFor();
    await page
      .locator(".settings-notes")
      .getByText(/nightlight\.yaml:\d+:\d+: This is not YAML/)
      .waitFor();
    await other.getByText("The file has mistakes.").waitFor();
    expect(await saveButton(other).isDisabled()).toBe(true);
    expect(await form.getByText("The file has mistakes.").isVisible()).toBe(false);
    expect(await threshold.inputValue()).toBe("310");
    const dialog = await openZone(page);
    await dialog.getByText("The file has mistakes.").first().waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await server.write(CONFIGURATION_FILE);
    await eventually(() => threshold.isEnabled(), { what: "the form to work again" });
    await other.getByText("The file has mistakes.").waitFor({ state: "hidden" });
    await form.getByText("has mistakes. Correct").waitFor({ state: "hidden" });
    await saveButton(form).click();
    await form.getByText("Saved.").waitFor();
    expect(await server.text()).toBe(CONFIGURATION_FILE.replace("300", "310"));
  });

  test("Escape ends the drag of a threshold, and the other buttons of a mouse begin none", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const board = await startTestBoard(server.brokerUrl, "nightlight/gate");
    await board.read(500);
    const page = await openView(server.httpUrl, "/board/nightlight%2Fgate");
    const grip = page.getByRole("slider", { name: /^Threshold/ });
    const bar = page.locator(".rule-bar");
    await page.getByRole("heading", { name: "Settings of this board" }).waitFor();
    await grip.hover({ position: { x: 60, y: 5 } });
    const { x, y } = (await grip.boundingBox())!;
    await page.mouse.down();
    await page.mouse.move(x + 60, y - 40, { steps: 3 });
    await bar.waitFor();
    await page.keyboard.press("Escape");
    await bar.waitFor({ state: "hidden" });
    await page.mouse.move(x + 60, y - 60, { steps: 3 });
    await page.mouse.up();
    await grip.hover({ position: { x: 60, y: 5 } });
    await page.mouse.down({ button: "right" });
    await page.mouse.move(x + 60, y - 40, { steps: 3 });
    await page.mouse.up({ button: "right" });
    expect(await grip.getAttribute("aria-valuenow")).toBe("300");
    expect(await bar.isVisible()).toBe(false);
  });
});
