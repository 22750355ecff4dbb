/** Sets up a board in Chromium: a fake `navigator.serial` leads to a simulated chip and then to a virtual machine. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startAsAdministrator } from "../server/support/people.js";
import { connectClient } from "../server/support/server.js";
import { chromiumNote, chromiumPath, closePage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { TestBoard } from "./support/board.js";
import { FakeSerial } from "./support/fake-serial.js";
import { createRuntime, RUNTIME_NAME } from "./support/project.js";

/** Boards reach the broker of the test by this name. */
const BOARD_HOST = "broker.test";

describe.skipIf(!chromiumPath)(`a board at a serial port of the browser's computer${chromiumNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  /** Starts a server with accounts, and opens its view of a new board in a browser that has a board at its port. */
  async function openView() {
    const server = await startAsAdministrator();
    const board = await TestBoard.start();
    const serial = new FakeSerial(board);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    // the simulated boot loader shares the machine with the browser and other tests
    page.setDefaultTimeout(100_000);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (line) => /Content.Security.Policy|Refused to/i.test(line.text()) && complaints.push(line.text())); // prettier-ignore
    onTestFinished(async ({ task }) => {
      // says what went wrong when the test waits in vain
      if (task.result?.state === "fail") console.log(await page.locator("[data-part=flashing]").innerText());
      await closePage(page);
    });
    await serial.install(page);
    const [name, value] = server.cookie.split("=");
    await page.context().addCookies([{ name, value, url: server.url }]);
    // the test's server listens on this computer only, but the board must get an address that it can reach
    await page.route("**/api/new-board", async (route) => {
      if (route.request().method() !== "GET") return route.continue();
      const response = await route.fetch();
      const body = (await response.json()) as { local: string };
      await route.fulfill({ json: { ...body, addresses: [body.local.replace("127.0.0.1", BOARD_HOST)] } });
    });
    await page.goto(`${server.url}/#/add-board`);
    return { server, board, serial, page, complaints };
  }

  const start = (page: Page) => page.getByRole("button", { name: "Choose the port and start" }).click();
  const tryAgain = (page: Page) => page.getByRole("button", { name: "Try again" }).click();
  const chooseBoard = (page: Page, title = "Seeed Studio XIAO ESP32C3") =>
    page.getByRole("combobox", { name: "Board", exact: true }).selectOption({ label: title });

  test("goes from a bare chip to a glowing lamp in three decisions, after a mistake at each of them", async () => {
    const { server, board, serial, page, complaints } = await openView();
    const before = Buffer.from(board.chip.flash.bytes);
    const observer = await connectClient(server.server.brokerUrl, { username: "boss", password: "the password of boss" }, "nightlight/#"); // prettier-ignore

    // decision 1: the board
    await chooseBoard(page, "Espressif ESP32-S3-DevKitM-1");
    // decision 2: the port
    serial.refusesChoice = true;
    await start(page);
    await page.getByText("No port was chosen.").waitFor();
    await page.getByText("use a USB cable that carries data").waitFor();
    serial.refusesChoice = false;
    await start(page);
    await page.getByText("This board has an ESP32-C3, but the Espressif ESP32-S3-DevKitM-1 has an ESP32-S3.").waitFor();
    await chooseBoard(page);
    await page.getByRole("img", { name: "Wiring of the Seeed Studio XIAO ESP32C3" }).waitFor();
    let handleCancel = (): void => {};
    const isCancelled = new Promise<void>((resolve) => (handleCancel = resolve));
    await page.route("**/api/flashing/runtimes/*", async (route) => {
      await isCancelled; // otherwise, the first attempt could fail before it is cancelled
      const error = "The server could not download DeviceScript's runtime: offline.";
      await route.fulfill({ status: 502, json: { error } });
    });
    await start(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    handleCancel();
    await start(page);
    await page.getByText("could not download DeviceScript's runtime: offline.").waitFor();
    expect(before.equals(board.chip.flash.bytes)).toBe(true);
    expect(board.chip.bootLoader).toBeUndefined();
    // a downloaded copy helps, and a pulled cable does no harm
    await page.getByLabel("A downloaded copy of the runtime").setInputFiles({ name: RUNTIME_NAME, mimeType: "application/octet-stream", buffer: createRuntime() }); // prettier-ignore
    await tryAgain(page);
    await eventually(() => board.chip.lastBootLoader?.isStub, { within: 30_000, what: "the stub" });
    board.chip.pull();
    await page.getByText("The board left its USB port: the cable came loose").waitFor();
    await page.getByText("Plug the board in again").waitFor();
    await tryAgain(page);
    // decision 3: the Wi-Fi network
    const networks = page.getByRole("combobox", { name: "Wi-Fi network" });
    await networks.waitFor();
    expect(await networks.locator("option").allTextContents()).toEqual(["attic", "cafe"]);
    await page.getByLabel("Password of the network").fill("12345678");
    await page.getByRole("button", { name: "Connect the board" }).click();
    await page.getByText("The board is connected.").waitFor();
    await page.getByText("The board has reported:").waitFor();
    // the lamp glows in the dark
    const lampIsOn = ({ topic, text }: { topic: string; text: string }) =>
      topic === "nightlight/board-1/status" && (JSON.parse(text) as { led_on?: boolean }).led_on === true;
    await eventually(() => observer.got.some(lampIsOn), { within: 30_000, what: "the lamp" });

    expect(board.networks.at(-1)).toEqual(["attic", "12345678"]);
    const image = Buffer.from(board.chip.flash.bytes.subarray(0, createRuntime().length));
    expect(image.subarray(0x9000).toString("latin1")).toContain("Nightlight on Seeed Studio XIAO ESP32C3");
    const users = (await server.as("GET", "/api/users")).text;
    expect(users).toContain('"board-1"');
    expect(await page.evaluate<string>("JSON.stringify({ ...localStorage, ...sessionStorage })")).not.toMatch(
      /12345678|attic/,
    );
    expect(complaints).toEqual([]);
  }, 400_000);
});
