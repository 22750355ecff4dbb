/** Tests in Chromium how people change settings on the dashboard, with boards at a real broker. */
import { spawn } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, closePage, openPage, startChromium } from "../support/chromium.js";
import { NIGHTLIGHT_SERVER } from "../support/nightlight-server.js";
import { eventually } from "../support/eventually.js";
import { startTestBoard, type TestBoard } from "./support/board.js";
import { addUsers, passwordOf } from "./support/guarded.js";
import { createTemporaryFolder } from "./support/server.js";
import { startSettingsServer, type SettingsServer } from "./support/settings.js";

const AXE_SCRIPT = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const CONFIGURATION_FILE = `# Our house
rule:
  threshold: 300 # measured in May
  hysteresis: 40
`;

/** Returns the lamp's state in the last command that a board has received. */
const findLastLampCommand = ({ commands }: TestBoard): unknown =>
  commands.length > 0 ? (JSON.parse(commands.at(-1)!.text) as { led_on?: boolean }).led_on : undefined;

/** Returns the button that saves the rule of all lamps. */
const findSaveRuleButton = (page: Page): Locator =>
  page.locator('form:has([data-setting="rule > threshold"])').getByRole("button", { name: "Save" });

describe.skipIf(!chromiumPath)(`settings on the dashboard${chromiumNote}`, () => {
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

  const connectBoards = async (
    server: Pick<SettingsServer, "brokerUrl">,
    lights: Record<string, number>,
  ): Promise<TestBoard[]> =>
    Promise.all(
      Object.entries(lights).map(async ([name, light]) => {
        const made = await startTestBoard(server.brokerUrl, `nightlight/${name}`);
        await made.read(light);
        await eventually(() => findLastLampCommand(made) !== undefined, { what: "the first command" });
        return made;
      }),
    );

  test("without a file, the page says where it writes, and a new user names the first board", async () => {
    const folder = await realpath(await createTemporaryFolder());
    const file = path.join(folder, "nightlight.yaml");
    const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, "--mqtt-port", "0", "--http-port", "0"], { cwd: folder });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (part: Buffer) => (out += part.toString()));
    const httpUrl = await eventually(() => /Dashboard and API at (http:\S+)/.exec(out)?.[1], { what: "the address" });
    await connectBoards({ brokerUrl: /mqtt:\S+/.exec(out)![0] }, { porch: 500 });
    const [page, other] = [await openView(httpUrl, "/settings"), await openView(httpUrl, "/")];
    await page.getByText(`The first change creates the file ${file}.`).waitFor();
    const name = page.getByRole("textbox", { name: "nightlight/porch" });
    await name.fill("Front porch");
    await name.press("Enter");
    await page.getByText("Saved.").waitFor();
    await page.getByText(`Changes are written to ${file} and take effect at once.`).waitFor();
    await other.getByRole("link", { name: "Front porch" }).click();
    await other.getByLabel("Name", { exact: true }).fill("Porch");
    await other.getByLabel("Name", { exact: true }).press("Enter");
    await other.getByRole("heading", { name: "Porch", exact: true }).waitFor();
    await eventually(async () => (await name.inputValue()) === "Porch", { what: "the new name on the other page" }); // prettier-ignore
    expect(await readFile(file, "utf8")).toBe("devices:\n  nightlight/porch:\n    label: Porch\n");
  });

  test("a person drags the threshold of a board in the plot, sees a preview, and saves it", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const [porch] = await connectBoards(server, { porch: 500 });
    expect(findLastLampCommand(porch)).toBe(false);
    const page = await openView(server.httpUrl, "/board/nightlight%2Fporch");
    const grip = page.getByRole("slider", { name: /^Threshold/ });
    await page.getByRole("heading", { name: "Settings of this board" }).waitFor();
    await grip.hover({ position: { x: 60, y: 5 } });
    const { x } = (await grip.boundingBox())!;
    const plotArea = (await page.locator(".u-over").boundingBox())!;
    await page.mouse.down();
    await page.mouse.move(x + 60, plotArea.y + plotArea.height * (1 - 600 / 1023), { steps: 5 });
    await page.mouse.up();
    await page.getByText(/On below \d+, off from \d+ \(was 300 and 340\). For this board only./).waitFor();
    expect(findLastLampCommand(porch)).toBe(false);
    expect(await server.text()).toBe(CONFIGURATION_FILE);
    const threshold = Number(await grip.getAttribute("aria-valuenow"));
    expect(threshold).toBeGreaterThan(580);
    expect(threshold).toBeLessThan(620);
    await page.locator(".rule-bar").getByRole("button", { name: "Save" }).click();
    await eventually(() => findLastLampCommand(porch) === true, { what: "the lamp to be on" });
    await eventually(() => porch.config()?.threshold === threshold, { what: "the board's rule" });
    expect(await server.text()).toContain(`rule:\n      threshold: ${threshold}\n`);

    // The slider has its final place only when the page knows the new rule.
    await page.locator(".rule-bar").waitFor({ state: "hidden" });
    await eventually(async () => (await grip.getAttribute("aria-valuenow")) === String(threshold), {
      what: "the slider at the new threshold",
    });
    const finger = await page.context().newCDPSession(page);
    const sendTouch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
      finger.send("Input.dispatchTouchEvent", { type, touchPoints });
    const gripArea = (await grip.boundingBox())!;
    const { y, height } = (await page.locator(".u-over").boundingBox())!;
    await sendTouch("touchStart", { x: gripArea.x + 60, y: gripArea.y + gripArea.height / 2 });
    await sendTouch("touchMove", { x: gripArea.x + 60, y: y + height * (1 - 400 / 1023) });
    await sendTouch("touchEnd");
    await page.getByText(/On below (39|40)\d, /).waitFor();
  });

  const PARTS_THAT_LOAD = {
    "the history": { request: "**/api/history?*", shown: "#plot-summary:not(:empty)" },
    "the session": { request: "**/api/session", shown: "[data-part=people-link]" },
    "the simulated board": { request: "**/api/simulator/boards", shown: ".board .simulator" },
  };

  test.each(Object.entries(PARTS_THAT_LOAD))(
    "a slider does not move under the pointer when %s arrives last",
    async (_, last) => {
      const server = await startSettingsServer(CONFIGURATION_FILE);
      await connectBoards(server, { porch: 500 });
      // At this width, the link People needs a line of its own in the header.
      const page = await browser.newPage({ viewport: { width: 700, height: 1000 } });
      onTestFinished(() => closePage(page));
      await page.route("**/api/status", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...((await response.json()) as object), simulator: true } });
      });
      const simulated = { id: "nightlight/porch", light: 500, lamp: false, held: false, running: true, crashes: 0, network: "up" }; // prettier-ignore
      await page.route("**/api/simulator/boards", (route) => route.fulfill({ json: [simulated] }));
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      await page.route(last.request, async (route) => {
        await released;
        await route.fallback();
      });
      // Records each place of the slider, in px from the top of the window.
      await page.addInitScript(`{
      const places = (window.places = new Set());
      const record = () => {
        const grip = document.querySelector(".grip-threshold");
        if (grip?.offsetParent) places.add(grip.getBoundingClientRect().top);
        requestAnimationFrame(record);
      };
      requestAnimationFrame(record);
    }`);
      await page.goto(`${server.httpUrl}/#/board/nightlight%2Fporch`);
      await page.getByRole("heading", { name: "Settings of this board" }).waitFor();
      for (const part of Object.values(PARTS_THAT_LOAD)) if (part !== last) await page.locator(part.shown).waitFor();
      release();
      await page.locator(last.shown).waitFor();
      await page.getByRole("slider", { name: /^Threshold/ }).waitFor();
      expect(await page.evaluate<number[]>("[...places]")).toHaveLength(1);
    },
  );

  test("the keyboard moves both ends, Escape discards, and a screen reader hears the values", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    await connectBoards(server, { porch: 500 });
    const page = await openView(server.httpUrl, "/board/nightlight%2Fporch");
    const upper = page.getByRole("slider", { name: /^Upper end/ });
    await upper.focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("PageUp");
    expect(await upper.getAttribute("aria-valuetext")).toBe("off from 366, hysteresis 66");
    await page.keyboard.press("Escape");
    expect(await upper.getAttribute("aria-valuetext")).toBe("off from 340, hysteresis 40");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await eventually(async () => (await server.text()).includes("hysteresis: 723"), { what: "the hysteresis in the file" }); // prettier-ignore
  });

  test("a person creates a zone of two boards, changes it, renames it and deletes it", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const [door, stairs] = await connectBoards(server, { door: 500, stairs: 520 });
    const page = await openView(server.httpUrl, "/zones");
    await page.getByRole("button", { name: "New zone" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Entrance hall");
    for (const list of ["Sensors", "Lamps"])
      for (const id of ["nightlight/door", "nightlight/stairs"])
        await page.getByRole("group", { name: list }).getByLabel(id).check();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Entrance hall" }).waitFor();
    expect(await server.text()).toContain("  entrance-hall:\n    label: Entrance hall\n    sensors:\n      - nightlight/door\n"); // prettier-ignore

    await page.getByRole("button", { name: "Settings of zone Entrance hall" }).click();
    await page.locator("dialog.editor").getByLabel("Threshold", { exact: true }).fill("600");
    await page.locator("dialog.editor").getByLabel("The lamps are on when").selectOption("all");
    await page.locator("dialog.editor").getByLabel("Follow the rule only at certain hours").check();
    await page.locator("dialog.editor").getByLabel("To", { exact: true }).fill("16:59");
    await page.locator("dialog").getByRole("button", { name: "Save" }).last().click();
    await page.locator("dialog").getByText("Saved.").waitFor();
    const { zones } = (await server.get()).view;
    expect(zones["entrance-hall"]).toMatchObject({ threshold: 600, combine: "all", hours: { from: "17:00", to: "16:59" } }); // prettier-ignore
    await eventually(() => findLastLampCommand(door) === true && findLastLampCommand(stairs) === true, {
      what: "both lamps to be on",
    });

    await page.locator("dialog.editor").getByLabel("Short name").fill("hall");
    await page.locator("dialog").getByRole("button", { name: "Save" }).first().click();
    await eventually(async () => (await server.text()).includes("  hall:\n"), { what: "the new name" });
    // The dialog of the renamed zone replaces the one with the old name, whose button is enabled.
    const saveName = page.locator("dialog").getByRole("button", { name: "Save" }).first();
    await eventually(() => saveName.isDisabled(), { what: "the dialog of the renamed zone" });
    await page.locator("dialog.editor").getByRole("button", { name: "Delete" }).click();
    await page.locator("dialog.confirm").getByRole("button", { name: "Delete" }).click();
    await page.getByText("There are no zones.").waitFor();
    expect(await server.text()).not.toContain("hall");
    await eventually(() => findLastLampCommand(door) === false, { what: "the lamp to follow its own sensor" });
  });

  test("a board that appears while the dialog of a new zone is open can be chosen there", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    await connectBoards(server, { stairs: 500 });
    const page = await openView(server.httpUrl, "/zones");
    await page.getByRole("button", { name: "New zone" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Hall");
    const [sensors, lamps] = ["Sensors", "Lamps"].map((name) => page.getByRole("group", { name }));
    await sensors.getByLabel("nightlight/stairs").check();
    await connectBoards(server, { door: 500 });
    await sensors.getByLabel("nightlight/door").waitFor();
    // a new check box takes neither the focus nor the choice of another one
    expect(await sensors.getByLabel("nightlight/stairs").isChecked()).toBe(true);
    expect(await sensors.locator("input:focus").getAttribute("value")).toBe("nightlight/stairs");
    await lamps.getByLabel("nightlight/door").check();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Hall" }).waitFor();
    expect((await server.get()).view.zones.hall).toMatchObject({
      label: "Hall",
      sensors: ["nightlight/stairs"],
      lamps: ["nightlight/door"],
    });
  });

  test("a mistake appears next to its field, in the words of config check, and a new interval reaches a board", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const [porch] = await connectBoards(server, { porch: 500 });
    const page = await openView(server.httpUrl, "/settings");
    const threshold = page.getByLabel("Threshold", { exact: true });
    await threshold.fill("2000");
    await findSaveRuleButton(page).click();
    const field = page.locator('[data-setting="rule > threshold"]');
    await field.getByText("rule > threshold is 2000; it must be a number from 0 to 1023.").waitFor();
    expect(await threshold.getAttribute("aria-invalid")).toBe("true");
    expect(await threshold.inputValue()).toBe("2000");
    expect(await server.text()).toBe(CONFIGURATION_FILE);
    await threshold.fill("300");
    await field.getByText("rule > threshold is 2000").waitFor({ state: "hidden" });
    expect(await threshold.getAttribute("aria-invalid")).toBeNull();

    await page.getByLabel("Boards report").selectOption("interval");
    await page.getByLabel("Interval", { exact: true }).fill("5");
    await page.locator("form", { hasText: "Boards report" }).getByRole("button", { name: "Save" }).click();
    await eventually(() => porch.config()?.report === "interval" && porch.config()?.interval === 5000, { what: "the board's configuration" }); // prettier-ignore
  });

  test("changes of different settings by two people are both saved, and for the same setting the second is asked", async () => {
    const server = await startSettingsServer(CONFIGURATION_FILE);
    const page = await openView(server.httpUrl, "/settings");
    const save = findSaveRuleButton(page);
    const threshold = page.getByLabel("Threshold", { exact: true });
    await threshold.fill("250");
    await server.patch({ rule: { hysteresis: 10 } });
    await eventually(async () => (await page.getByLabel("Hysteresis", { exact: true }).inputValue()) === "10", { what: "the change of somebody else" }); // prettier-ignore
    expect(await threshold.inputValue()).toBe("250");
    await save.click();
    await eventually(async () => (await server.text()).includes("threshold: 250 # measured in May\n  hysteresis: 10"), { what: "both changes" }); // prettier-ignore
    await page.getByText("Saved.").waitFor();

    await threshold.fill("260");
    await server.patch({ rule: { threshold: 100 } });
    await page.getByText("Now 100: changed by somebody else.").waitFor();
    await save.click();
    const dialog = page.getByRole("dialog", { name: "Somebody else has changed the same setting" });
    await dialog.getByRole("row", { name: "Threshold 260 100" }).waitFor();
    await dialog.getByRole("button", { name: "Continue editing" }).click();
    expect(await threshold.inputValue()).toBe("260");
    expect(await server.text()).toContain("threshold: 100 ");
    await save.click();
    await dialog.getByRole("button", { name: "Keep yours" }).click();
    await eventually(async () => (await server.text()).includes("threshold: 260 "), { what: "the second change" });
  });

  test("a reader sees the settings and can change none", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { rob: "reader" });
    const server = await startSettingsServer(CONFIGURATION_FILE, { data });
    const page = await openView(server.httpUrl, "/settings");
    await page.getByLabel("Name").fill("rob");
    await page.getByLabel("Password").fill(passwordOf("rob"));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("link", { name: "Settings" }).click();
    const threshold = page.getByLabel("Threshold", { exact: true });
    await threshold.waitFor();
    expect(await threshold.inputValue()).toBe("300");
    await eventually(() => threshold.isDisabled(), { what: "the field to be disabled" });
    await page.locator("#rights", { hasText: "rob" }).waitFor();
    await page.getByRole("link", { name: "Zones" }).click();
    expect(await page.getByRole("button", { name: "New zone" }).isDisabled()).toBe(true);
  });

  test("axe finds nothing on the settings, a board and a zone, and they fit on a phone in German", async () => {
    const server = await startSettingsServer(
      `${CONFIGURATION_FILE}zones: {hall: {sensors: [nightlight/porch], lamps: [nightlight/porch]}}\n`,
    );
    await connectBoards(server, { porch: 500 });
    const page = await browser.newPage({ bypassCSP: true, locale: "de-DE" });
    onTestFinished(() => closePage(page));
    const expectAccessible = async (view: string): Promise<void> => {
      for (const [colorScheme, width] of [
        ["dark", 1280],
        ["light", 320],
      ] as const) {
        // Without reduced motion, axe may find colors that are still changing.
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 800 });
        const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>("axe.run().then(({ violations }) => violations)"); // prettier-ignore
        expect(found.map(({ id, nodes }) => [id, nodes[0].html]), `${view} in ${colorScheme}`).toEqual([]); // prettier-ignore
        expect(await page.evaluate("document.documentElement.scrollWidth"), view).toBe(width);
      }
    };
    await page.goto(`${server.httpUrl}/#/settings`);
    await page.addScriptTag({ path: AXE_SCRIPT });
    await page.getByText("Weitere Einstellungen").click();
    await expectAccessible("the settings");
    await page.goto(`${server.httpUrl}/#/board/nightlight%2Fporch`);
    await page.getByRole("slider").first().waitFor();
    await page.locator("#plot-summary", { hasText: /\d/ }).waitFor();
    await expectAccessible("a board");
    await page.goto(`${server.httpUrl}/#/zones`);
    await page.getByRole("button", { name: "Einstellungen der Zone hall" }).click();
    await expectAccessible("a zone");
    const dialog = page.locator("dialog.editor");
    expect(await dialog.evaluate("document.querySelector('dialog.editor').scrollWidth")).toBeLessThanOrEqual(320);
  });
});
