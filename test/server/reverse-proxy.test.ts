/** Tests the server behind reverse proxies with the configurations of docs/how-to/reverse-proxy.md. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import mqtt from "mqtt";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../scripts/lib/repository.js";
import { chromiumPath, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { CADDY, isMissing, NGINX, TRAEFIK } from "../support/programs.js";
import { addUsers, loginOf } from "./support/guarded.js";
import { ask, createTestLog } from "./support/http-app.js";
import { PROXY_HOST, startProxy, type ProxyKind } from "./support/proxy.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const ID = "nightlight/porch";

const PROXIES: [kind: ProxyKind, base: string, file: string, missing: boolean][] = [
  ["nginx", "/", "nginx.conf", isMissing(NGINX, "nginx")],
  ["nginx", "/nightlight/", "nginx-base-path.conf", isMissing(NGINX, "nginx")],
  ["Caddy", "/", "Caddyfile", isMissing(CADDY, "Caddy")],
  ["Caddy", "/nightlight/", "Caddyfile-base-path", isMissing(CADDY, "Caddy")],
  ["Traefik", "/", "traefik.yaml", !TRAEFIK],
  ["Traefik", "/nightlight/", "traefik-base-path.yaml", !TRAEFIK],
];

describe.skipIf(!chromiumPath)("behind a reverse proxy", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium([`--host-resolver-rules=MAP ${PROXY_HOST} 127.0.0.1`]);
  });
  afterAll(() => browser?.close());

  for (const [kind, base, file, skipped] of PROXIES)
    test.skipIf(skipped)(
      `${kind} at ${base}, a person logs in and sees a lamp change, and an app uses MQTT over WebSocket`,
      async () => {
        const data = await createTemporaryFolder();
        await addUsers(data, { ann: "admin" });
        const log = createTestLog();
        const running = await startTestServer({ data, httpNames: [PROXY_HOST], log });
        const port = await startProxy(kind, file, running.httpUrl!);
        const url = `https://${PROXY_HOST}:${port}${base}`;
        const board = await connectClient(running.brokerUrl, loginOf("ann"));
        const publishLight = (level: number) =>
          board.publishAsync(`${ID}/telemetry`, JSON.stringify({ light: level }), { qos: 1 });
        await publishLight(100);

        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        onTestFinished(() => context.close());
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on("pageerror", (error) => complaints.push(error.message));
        // an address without the trailing slash leads to the login page, too
        await page.goto(url.replace(/\/$/, ""));
        expect(page.url()).toBe(`${url}login`);
        await page.getByLabel("Name").fill("ann");
        await page.getByLabel("Password").fill(loginOf("ann").password);
        await page.keyboard.press("Enter");
        const waitForLamp = (state: string) =>
          eventually(() => page.getByRole("img", { name: `lamp ${state}`, exact: true }).isVisible(), {
            what: async () => `lamp ${state} on the page ${page.url()}, which shows: ${await page.innerText("body")}`,
          });
        await waitForLamp("on");
        expect(page.url()).toBe(url);
        await publishLight(900);
        await waitForLamp("off");
        // requests that change something have an Origin header, which must contain the proxy's origin
        await page.getByRole("radio", { name: "On", exact: true }).check();
        await waitForLamp("on");
        await eventually(() => running.devices.get(ID)?.mode === "on", { what: "the override" });
        const [cookie] = await context.cookies();
        expect(cookie).toMatchObject({ secure: true, name: expect.stringMatching(/^__Host-/) });
        // the client's address comes from the proxy's header; only Linux has several loopback addresses
        const localAddress = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";
        const host = `${PROXY_HOST}:${port}`;
        const body = { name: "ann", password: loginOf("ann").password };
        const request = { method: "POST", body, localAddress, headers: { host } };
        const before = log.lines.length;
        expect((await ask(`https://127.0.0.1:${port}`, `${base}api/login`, request)).status).toBe(200);
        expect(log.lines.slice(before).map(({ text }) => text)).toContain(`ann logged in from ${localAddress}.`);

        const app = await mqtt.connectAsync(`wss://127.0.0.1:${port}${base}mqtt`, {
          ...loginOf("ann"),
          rejectUnauthorized: false,
          reconnectPeriod: 0,
          wsOptions: { rejectUnauthorized: false, headers: { host } },
        });
        onTestFinished(() => void app.end(true));
        const heard = new Promise((resolve) => app.once("message", (_topic, payload) => resolve(payload.toString())));
        await app.subscribeAsync(`${ID}/telemetry`);
        await publishLight(500);
        expect(await heard).toBe('{"light":500}');
        expect(complaints).toEqual([]);
      },
    );
});

test.each(["traefik.yaml", "traefik-base-path.yaml"])(
  "%s refers only to existing entry points, middlewares and services",
  async (file) => {
    const text = await readFile(path.join(ROOT, "docs", "examples", "proxy", file), "utf8");
    const { http } = parse(text) as { http: Record<string, Record<string, Record<string, unknown>>> };
    for (const router of Object.values(http.routers)) {
      expect(Object.keys(http.services)).toContain(router.service);
      for (const name of (router.middlewares as string[]) ?? []) expect(Object.keys(http.middlewares)).toContain(name);
    }
  },
);
