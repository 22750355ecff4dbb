import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SimulatedBoard } from "../../server/dashboard/api.js";
import { startServer, type NightlightServer, type Plugin } from "../../server/src/index.js";
import { chromiumNote, chromiumPath, closePage, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";

// These types replace the DOM library, which would apply to all Node files of the project.
interface Plot {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}
interface Control {
  value: string;
  dispatchEvent(event: Event): boolean;
  getAttribute(name: string): string | null;
  closest(selector: string): Control | null;
}

/** Fake simulator with one board whose lamp follows its light. Records the requests. */
class StubSimulator {
  readonly requests: [what: string, body: unknown][] = [];
  board: SimulatedBoard = {
    id: "nightlight/sim-1",
    light: 700,
    lamp: false,
    held: false,
    running: true,
    crashes: 0,
    network: "up",
  };
  refuse = "";
  private publish: (name: string, data: unknown) => void = () => {};

  change(change: Partial<SimulatedBoard>): void {
    this.board = { ...this.board, ...change };
    this.publish("simulated-board", this.board);
  }

  readonly plugin: Plugin = (app, context) => {
    this.publish = (name, data) => context.publishEvent(name, data);
    context.provide("simulator");
    app.get("/api/simulator/boards", () => [this.board]);
    app.post("/api/simulator/boards", (request, reply) => {
      this.requests.push(["post", request.body]);
      return reply.code(201).send(this.board);
    });
    app.delete<{ Params: { id: string } }>("/api/simulator/boards/:id", (request, reply) => {
      this.requests.push(["delete", request.params.id]);
      return reply.code(204).send();
    });
    app.put<{ Params: { id: string; what: string }; Body: { light: number | null } & Pick<SimulatedBoard, "network"> }>(
      "/api/simulator/boards/:id/:what",
      async (request, reply) => {
        const { id, what } = request.params;
        if (this.refuse) return reply.code(503).send({ error: this.refuse });
        if (id !== this.board.id) return reply.code(404).send({ error: "no such board" });
        this.requests.push([what, request.body]);
        const { light } = request.body;
        if (what === "network")
          this.change({ network: (request.body as unknown as { state: SimulatedBoard["network"] }).state });
        else if (light === null) this.change({ held: false, light: 700, lamp: false });
        else this.change({ held: true, light, lamp: light < 300 });
        return this.board;
      },
    );
  };
}

describe.skipIf(!chromiumPath)(`the dashboard${chromiumNote}`, () => {
  let browser: Browser;
  let data: string;
  let simulator: StubSimulator;
  let server: NightlightServer;
  let client: MqttClient;
  let page: Page;
  let complaints: string[];
  const heard: [topic: string, payload: string][] = [];

  const startWithSimulator = (httpPort = 0) =>
    startServer({ mqttPort: 0, httpPort, data, plugins: [simulator.plugin] });
  const publishMessage = (topic: string, message: object) =>
    client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
  const findCard = (id: string) => page.getByRole("article", { name: id, exact: true });
  const waitForText = (place: Locator, text: string | RegExp) =>
    eventually(async () => ((await place.textContent({ timeout: 5000 })) ?? "").match(text), {
      what: async () => `"${text}" on the page, which shows: ${await page.innerText("body")}`,
    });
  const lampOf = (id: string, state: "on" | "off") =>
    eventually(
      () =>
        findCard(id)
          .getByRole("img", { name: `lamp ${state}`, exact: true })
          .isVisible(),
      { what: `the lamp of ${id} ${state}` },
    );
  const waitForCommand = (id: string, led_on: boolean) =>
    eventually(() => heard.some(([topic, text]) => topic === `${id}/commands` && JSON.parse(text).led_on === led_on), {
      what: `led_on ${led_on} for ${id}`,
    });

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-page-"));
    simulator = new StubSimulator();
    server = await startWithSimulator();
    client = await mqtt.connectAsync(server.brokerUrl);
    heard.length = 0;
    client.on("message", (topic, payload) => heard.push([topic, payload.toString()]));
    await client.subscribeAsync(["+/commands", "+/+/commands", "+/+/+/commands"], { qos: 1 });
    ({ page, complaints } = await openPage(browser, server.httpUrl!));
    await waitForText(page.getByRole("status"), "live");
    // Until then, a click may miss a control that moves between press and release.
    await page.locator('html[data-layout="final"]').waitFor();
  });

  afterEach(async () => {
    if (page) await closePage(page);
    await client?.endAsync(true);
    await server?.close();
    await rm(data, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  test("the dashboard shows the light, lamp and online state that a device publishes", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 212 });
    await lampOf("nightlight/porch", "on");
    await waitForText(findCard("nightlight/porch"), /online.*212/s);
    await publishMessage("nightlight/porch/telemetry", { light: 733.4 });
    await lampOf("nightlight/porch", "off");
    await waitForText(findCard("nightlight/porch"), "733");
    await publishMessage("nightlight/porch/status", { online: false });
    await waitForText(findCard("nightlight/porch"), /offline since/);
    await waitForText(page.getByRole("banner"), "2 boards, 1 offline, 0 lamps on");
  });

  test("the dashboard shows since when a device is online, and how many readings are missing", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 212, boot: 1, seq: 1 });
    await waitForText(findCard("nightlight/porch"), /online since \d/);
    await publishMessage("nightlight/porch/telemetry", { light: 212, boot: 1, seq: 4 });
    await eventually(() => findCard("nightlight/porch").getByText("server decides · 2 readings missing").isVisible(), {
      what: "the missing readings",
    });
  });

  test("the dashboard shows that a board decides by itself", async () => {
    await publishMessage("nightlight/porch/status", { online: true, led_on: true, decided_by: "device" });
    await waitForText(findCard("nightlight/porch"), "board decides");
    await lampOf("nightlight/porch", "on");
  });

  test("the dashboard plots readings from before the page was opened, with shading while the lamp was on", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 910 });
    const past = [
      [120, 100, true],
      [45, 900, false],
    ].map(([ago, light, led_on]) => ({ time: Date.now() - Number(ago) * 1000, light, led_on }));
    await page.route("**/api/recent?*", async (route) => {
      const { points } = (await (await route.fetch()).json()) as { points: object[] };
      await route.fulfill({ json: { points: [...past, ...points] } });
    });
    await waitForText(findCard("nightlight/porch"), "910");
    await page.reload();
    const canvas = findCard("nightlight/porch").locator("canvas");
    await eventually(async () => /from 100 to 910/.test((await canvas.getAttribute("aria-label")) ?? ""), {
      what: "the plot in words",
    });
    // Checks the plot's bottom row at 95 s and 15 s ago: the amber of a lamp that is on has more red than blue.
    const [then, lately] = await canvas.evaluate((element) => {
      const plot = element as unknown as Plot;
      const row = plot.getContext("2d").getImageData(0, plot.height - 2, plot.width, 1).data;
      return [95, 15].map((ago) => {
        const pixel = 4 * Math.round(plot.width * (1 - ago / 180));
        return row[pixel] - row[pixel + 2];
      });
    });
    expect(then).toBeGreaterThan(50);
    expect(lately).toBeLessThan(0);
  });

  test("the dashboard switches a lamp: start and end of an override are published on <id>/commands", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 800 });
    await waitForCommand("nightlight/porch", false);
    await findCard("nightlight/porch").getByRole("radio", { name: "On" }).check();
    await waitForCommand("nightlight/porch", true);
    await lampOf("nightlight/porch", "on");
    await waitForText(findCard("nightlight/porch"), "switched on by hand");
    heard.length = 0;
    await findCard("nightlight/porch").getByRole("radio", { name: "Auto" }).check();
    await waitForCommand("nightlight/porch", false);
    await waitForText(findCard("nightlight/porch"), "server decides");
  });

  test("the dashboard shows an override that was set over MQTT", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 100 });
    await lampOf("nightlight/porch", "on");
    await publishMessage("nightlight/porch/set", { mode: "off" });
    await eventually(() => findCard("nightlight/porch").getByRole("radio", { name: "Off" }).isChecked(), {
      what: "Off",
    });
  });

  test("the dashboard sets a simulated board's light, shows the reaction time, and releases it", async () => {
    await publishMessage("nightlight/sim-1/telemetry", { light: 700 });
    const board = findCard("nightlight/sim-1");
    const slider = board.getByRole("slider");
    await waitForText(board, "server decides");
    await eventually(async () => (await slider.inputValue()) === "700", { what: "the slider where the light is" });
    await slider.fill("120");
    await lampOf("nightlight/sim-1", "on");
    await waitForText(board, /lamp reacted in \d+\.\d\d sec/);
    expect(simulator.requests).toEqual([["light", { light: 120 }]]);
    await board.getByRole("button", { name: "Follow the simulation" }).click();
    await eventually(async () => (await slider.inputValue()) === "700", { what: "the slider back at the light" });
    expect(simulator.requests.slice(1)).toEqual([["light", { light: null }]]);
    expect(await board.getByRole("button", { name: "Follow the simulation" }).isVisible()).toBe(false);
    simulator.change({ light: 444 });
    await eventually(async () => (await slider.inputValue()) === "444", { what: "the slider following the light" });
  });

  test("the dashboard always sends the slider's last position", async () => {
    const slider = findCard("nightlight/sim-1").getByRole("slider");
    await slider.evaluate((element) => {
      for (let light = 0; light <= 1000; light += 10) {
        const slider = element as unknown as Control;
        slider.value = String(light);
        slider.dispatchEvent(new Event("input"));
      }
    });
    await eventually(() => simulator.board.light === 1000, { what: "the last place" });
    expect(simulator.requests.length).toBeLessThan(10);
  });

  test("the dashboard loads the late readings of a board that has returned, on the overview and on the board's page", async () => {
    const id = "nightlight/cellar";
    const waitForPlotRequest = () => page.waitForRequest((request) => request.url().includes("/api/recent?"));
    let seq = 0;
    const read = (light: number, age: number, at = ++seq) =>
      publishMessage(`${id}/telemetry`, { light, boot: 1, seq: at, age });
    /** Lets the board be offline, and return with its newest reading first. */
    const loseConnection = async (newest: number, late: number): Promise<void> => {
      await publishMessage(`${id}/status`, { online: false });
      await eventually(() => server.devices.get(id)?.online === false, { what: "the board to be offline" });
      await page.getByText("offline since").filter({ visible: true }).first().waitFor();
      await publishMessage(`${id}/status`, { online: true });
      seq += 2;
      await read(newest, 0, seq);
      await read(late, 1500, seq - 1);
    };
    const firstRequest = waitForPlotRequest();
    await publishMessage(`${id}/status`, { online: true });
    await read(600, 0);
    await findCard(id).getByText("online").waitFor();
    await firstRequest;

    const secondRequest = waitForPlotRequest();
    await loseConnection(500, 100);
    await secondRequest;

    await findCard(id).getByRole("link").first().click();
    await page.getByText("light from 100 to 600").waitFor();
    await loseConnection(510, 700);
    await page.getByText("light from 100 to 700").waitFor();
  });

  test("the dashboard cuts and restores a simulated board's network", async () => {
    const cut = findCard("nightlight/sim-1").getByRole("switch", { name: "Cut the network" });
    await cut.click();
    await waitForText(findCard("nightlight/sim-1"), "The network is cut.");
    await cut.click();
    await eventually(() => simulator.board.network === "up", { what: "the network up" });
    expect(simulator.requests.map(([, body]) => body)).toEqual([{ state: "cut" }, { state: "up" }]);
  });

  test("the dashboard asks before a simulated board takes the place of another board", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 700 });
    await waitForText(findCard("nightlight/porch"), "700");
    await page.getByRole("banner").getByRole("link", { name: "Add a board" }).click();
    await page.getByLabel("Name of the board").fill("porch");
    await page.getByRole("button", { name: "Add a simulated board" }).click();
    const question = page.getByRole("dialog", { name: "Simulate nightlight/porch?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(simulator.requests).toEqual([]);
    await page.getByRole("button", { name: "Add a simulated board" }).click();
    await question.getByRole("button", { name: "Simulate" }).click();
    await eventually(() => simulator.requests.length > 0, { what: "the request" });
    expect(simulator.requests).toEqual([["post", { id: "nightlight/porch" }]]);
  });

  test("the dashboard stops a simulated board that is forgotten, because it would reappear", async () => {
    await publishMessage("nightlight/sim-1/telemetry", { light: 701 });
    await waitForText(findCard("nightlight/sim-1"), "701");
    await findCard("nightlight/sim-1").getByRole("link").click();
    // A request for its history that arrives after the board is forgotten would be answered with 404.
    await waitForText(page.locator("#plot-summary"), /reading/);
    await page.getByRole("button", { name: "Forget …" }).click();
    await page.getByText("This also stops its simulation").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
    await eventually(() => simulator.requests.length > 0 && !server.devices.get("nightlight/sim-1"), {
      what: "the board gone",
    });
    expect(simulator.requests).toEqual([["delete", "nightlight/sim-1"]]);
  });

  test("the dashboard shows why an action failed, and the actual state", async () => {
    simulator.refuse = "The simulator is being stopped.";
    const cut = findCard("nightlight/sim-1").getByRole("switch", { name: "Cut the network" });
    await cut.click();
    await waitForText(findCard("nightlight/sim-1").getByRole("alert"), "The simulator is being stopped.");
    expect(await cut.isChecked()).toBe(false);
    // the only console error is about the request that failed as intended
    expect(complaints.splice(0)).toEqual([expect.stringContaining("503")]);
  });

  test("the dashboard shows ids with HTML as text", async () => {
    const ids = ["<img src=x onerror=alert(1)>", "a/<script>alert(1)</script>", "../%2e%2e/&amp;\"'", "constructor"];
    for (const id of ids) await publishMessage(`${id}/telemetry`, { light: 100 });
    for (const id of [...ids, "nightlight/sim-1"]) await eventually(() => findCard(id).isVisible(), { what: id });
    const names = await page.getByRole("heading", { level: 3 }).allTextContents();
    expect(names.map((name) => name.trim())).toEqual(expect.arrayContaining([...ids, "nightlight/sim-1"]));
    expect(await page.locator("main img, main script").count()).toBe(0);
    for (const id of ids) {
      await findCard(id).getByRole("radio", { name: "Off" }).check();
      await waitForCommand(id, false);
    }
  });

  test("the dashboard can be used with the keyboard alone", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 800 });
    await eventually(() => findCard("nightlight/porch").getByRole("radio").first().isEnabled(), { what: "the card" });
    await publishMessage("nightlight/sim-1/telemetry", { light: 800 });
    simulator.change({ held: true });
    const board = findCard("nightlight/sim-1");
    await eventually(() => board.getByRole("button", { name: "Follow the simulation" }).isVisible(), {
      what: "the button",
    });
    // These parts depend on other requests and events: the session shows the link, and the reading enables the buttons.
    await eventually(() => page.getByRole("link", { name: "People" }).isVisible(), { what: "the link People" });
    await eventually(() => board.getByRole("radio").first().isEnabled(), { what: "the card of the simulated board" });
    await eventually(() => page.getByRole("searchbox").isVisible(), { what: "the search" });

    const reached: string[] = [];
    for (let i = 0; i < 19; i++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.locator(":focus").evaluate((element) => {
          const at = element as unknown as Control;
          const card = at.closest("article")?.getAttribute("aria-label") ?? "";
          const control = at.getAttribute("role") ?? at.getAttribute("type") ?? at.getAttribute("data-part");
          return `${card} ${control}`.trim();
        }),
      );
    }
    const stops = ["link", "radio", "range", "button", "switch"].map((control) => `nightlight/sim-1 ${control}`);
    const views = ["boards-link", "zones-link", "settings-link", "people-link", "add-board-link"];
    const before = [
      "skip",
      ...views,
      "alerts-link",
      "help-link",
      "button",
      "search",
      "show",
      "sort",
      "nightlight/porch link",
      "nightlight/porch radio",
    ];
    expect(reached).toEqual([...before, ...stops]);

    await findCard("nightlight/porch").getByRole("radio", { name: "Auto" }).focus();
    await page.keyboard.press("ArrowRight");
    await waitForCommand("nightlight/porch", true);
    await board.getByRole("slider").focus();
    await page.keyboard.press("Home");
    await eventually(() => simulator.board.light === 0, { what: "the slider at 0" });
    await board.getByRole("button", { name: "Follow the simulation" }).focus();
    await page.keyboard.press("Enter");
    await eventually(() => !simulator.board.held, { what: "the light released" });
    await board.getByRole("switch").focus();
    await page.keyboard.press("Space");
    await eventually(() => simulator.board.network === "cut", { what: "the network cut" });
  });

  test("the dashboard shows that the server is offline, and is up to date when the server is back", async () => {
    await publishMessage("nightlight/porch/telemetry", { light: 800 });
    await eventually(() => findCard("nightlight/porch").isVisible(), { what: "the card" });
    const port = Number(new URL(server.httpUrl!).port);
    await client.endAsync(true);
    await server.close();
    await waitForText(page.getByRole("status"), /connection lost at/);
    server = await startWithSimulator(port);
    client = await mqtt.connectAsync(server.brokerUrl);
    await publishMessage("nightlight/hall/telemetry", { light: 5 });
    await eventually(async () => (await page.getByRole("status").textContent())?.trim() === "live", {
      what: "the page live again",
    });
    await waitForText(findCard("nightlight/hall"), "5");
    // ignore the console errors about refused connections
    complaints.length = 0;
  });
});

describe.skipIf(!chromiumPath)(`the dashboard without a board${chromiumNote}`, () => {
  test("the dashboard without a board explains how to connect a board, with the broker's address, and shows the first one", async () => {
    const data = await mkdtemp(path.join(tmpdir(), "nightlight-page-"));
    const server = await startServer({ mqttPort: 0, httpPort: 0, data });
    const browser = await startChromium();
    try {
      const { page } = await openPage(browser, server.httpUrl!);
      const empty = page.getByRole("region", { name: "No board yet" });
      await eventually(() => empty.isVisible(), { what: "the instructions" });
      await eventually(async () => (await empty.textContent())?.includes(server.brokerUrl), { what: "the address" });
      const command = `npx mqtt pub -h 127.0.0.1 -p ${new URL(server.brokerUrl).port} -q 1 -t nightlight/porch/telemetry`;
      await eventually(async () => (await empty.textContent())?.includes(command), { what: "the command" });
      // resolves in the first frame that begins with a card, with the instructions' `display`
      const displayBesideCard = page.evaluate<string>(
        `new Promise((resolve) => {
          const look = () => document.querySelector("article") ? resolve(getComputedStyle(document.querySelector(".empty")).display) : requestAnimationFrame(look);
          look();
        })`,
      );
      const client = await mqtt.connectAsync(server.brokerUrl);
      await client.publishAsync("nightlight/porch/telemetry", '{"light": 200}');
      await eventually(() => page.getByRole("article", { name: "nightlight/porch" }).isVisible(), {
        what: "the board",
      });
      expect(await displayBesideCard).toBe("none");
      await client.endAsync(true);
    } finally {
      await browser.close();
      await server.close();
      await rm(data, { recursive: true, force: true });
    }
  });
});
