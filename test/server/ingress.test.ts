/** Tests the dashboard inside Home Assistant: behind a proxy that behaves like ingress, and with forged headers. */
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf } from "./support/guarded.js";
import { ask } from "./support/http-app.js";
import { INGRESS_PATH, startIngressProxy, SUPERVISOR_ADDRESS } from "./support/ingress-proxy.js";
import { connectClient, createTemporaryFolder, startTestServer } from "./support/server.js";

const ID = "nightlight/porch";

async function startIngressServer(role: "admin" | "reader", users: Parameters<typeof addUsers>[1] = { boss: "admin" }) {
  const data = await createTemporaryFolder();
  await addUsers(data, users);
  const server = await startTestServer({ data, host: "0.0.0.0", ingress: { role, from: SUPERVISOR_ADDRESS } });
  const url = `http://127.0.0.1:${new URL(server.httpUrl!).port}`;
  const brokerUrl = `mqtt://127.0.0.1:${new URL(server.brokerUrl).port}`;
  return { server, brokerUrl, url, proxy: await startIngressProxy(url) };
}

const jsonOf = ({ text }: { text: string }): unknown => JSON.parse(text);

test.skipIf(!chromiumPath)(`in a frame of Home Assistant, the dashboard needs no login, is live, and switches a lamp${chromiumNote}`, async () => {
  const { server, brokerUrl, proxy } = await startIngressServer("admin");
  const board = await connectClient(brokerUrl, loginOf("boss"));
  const publishLight = (light: number) => board.publishAsync(`${ID}/telemetry`, JSON.stringify({ light }), { qos: 1 });
  await publishLight(100);

  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  const requested: string[] = [];
  page.on("request", (request) => requested.push(new URL(request.url()).pathname));
  await page.goto(proxy.url);
  const frame = page.frameLocator("iframe");
  const waitForLamp = (state: string) => frame.getByRole("img", { name: `lamp ${state}`, exact: true }).waitFor();
  await waitForLamp("on");
  await frame.getByText("Änn (Home Assistant)").waitFor();
  expect(await frame.getByRole("button", { name: "Log out" }).isVisible()).toBe(false);
  await publishLight(900);
  await waitForLamp("off");
  await frame.getByRole("radio", { name: "On", exact: true }).check();
  await waitForLamp("on");
  await eventually(() => server.devices.get(ID)?.mode === "on", { what: "the override" });
  for (const view of ["People", "Settings", "Add a board"]) await frame.getByRole("link", { name: view, exact: true }).click();
  await frame.getByLabel("Name of the board").waitFor();
  expect(requested.filter((path) => path !== "/" && path !== "/favicon.ico" && !path.startsWith(`${INGRESS_PATH}/`))).toEqual([]);
  expect(proxy.strayPaths).toEqual([]);
  expect(complaints).toEqual([]);
}); // prettier-ignore

test("MQTT over WebSocket passes through ingress, with an account of its own", async () => {
  const { brokerUrl, proxy } = await startIngressServer("reader");
  const url = `${proxy.url.replace("http", "ws")}${INGRESS_PATH}/mqtt`;
  const app = await mqtt.connectAsync(url, { ...loginOf("boss"), reconnectPeriod: 0 });
  onTestFinished(() => void app.end(true));
  const heard = new Promise((resolve) => app.once("message", (_topic, payload) => resolve(payload.toString())));
  await app.subscribeAsync(`${ID}/telemetry`);
  const board = await connectClient(brokerUrl, loginOf("boss"));
  await board.publishAsync(`${ID}/telemetry`, '{"light":7}', { qos: 1 });
  expect(await heard).toBe('{"light":7}');
  await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow();
});

test("with the role reader, people in Home Assistant see everything and change nothing", async () => {
  const { proxy } = await startIngressServer("reader");
  const body = { threshold: 1 };
  expect(jsonOf(await ask(proxy.url, `${INGRESS_PATH}/api/session`))).toEqual({
    ...{ name: "Änn (Home Assistant)", role: "reader", required: true, ingress: true },
  });
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/devices`)).status).toBe(200);
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/users`)).status).toBe(403);
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/settings`, { method: "PATCH", body })).status).toBe(403);
});

test("an administrator in Home Assistant adds the first user of a server without users", async () => {
  const { proxy } = await startIngressServer("admin", {});
  const body = { name: "homeassistant", role: "home-assistant" };
  expect(await ask(proxy.url, `${INGRESS_PATH}/api/users`, { method: "POST", body })).toMatchObject({ status: 201 });
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/users`)).text).toContain("homeassistant");
});

test.skipIf(process.platform !== "linux")("from any other address, the headers of ingress give nothing", async () => {
  const { url } = await startIngressServer("admin");
  const headers = {
    "x-remote-user-id": "1",
    "x-remote-user-name": "boss",
    "x-ingress-path": INGRESS_PATH,
    "x-hass-source": "core.ingress",
    "x-forwarded-for": SUPERVISOR_ADDRESS,
  };
  for (const localAddress of ["127.0.0.1", "127.0.0.9"]) {
    const answer = (path: string) => ask(url, path, { headers, localAddress });
    expect((await answer("/api/devices")).status).toBe(401);
    expect(jsonOf(await answer("/api/session"))).toMatchObject({ name: null, role: null, required: true });
    expect((await answer("/")).headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(
      (await ask(url, "/api/devices", { headers: { ...headers, host: "evil.example" }, localAddress })).status,
    ).toBe(403);
  }
});

test("without the setting, the Supervisor's address has no rights", async () => {
  const data = await createTemporaryFolder();
  await addUsers(data, { boss: "admin" });
  const { httpUrl } = await startTestServer({ data });
  const proxy = await startIngressProxy(httpUrl!);
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/devices`)).status).toBe(401);
});

test("pages of other sites cannot change anything through ingress", async () => {
  const { proxy } = await startIngressServer("admin");
  const body = { name: "eve", role: "admin" };
  const headers = { origin: "https://evil.example" };
  expect((await ask(proxy.url, `${INGRESS_PATH}/api/users`, { method: "POST", body, headers })).status).toBe(403);
});
