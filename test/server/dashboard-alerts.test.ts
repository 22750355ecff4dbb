/** Tests alerts on the dashboard, in Chromium against a real server and real MQTT. */
import { createRequire } from "node:module";
import { expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { addUsers, passwordOf } from "./support/guarded.js";
import { startReceiver } from "./support/receiver.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";
import { startSettingsServer } from "./support/settings.js";

const AXE_SCRIPT = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

test.skipIf(!chromiumPath)(`the header counts open alerts, and their view lists them and sends a test message${chromiumNote}`, async () => {
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const data = await createTemporaryFolder();
  const running = await startTestServer({ data, alerts: { after: 1000 } });
  const porch = await connectClient(running.brokerUrl);
  const publishStatus = (online: boolean) =>
    porch.publishAsync("nightlight/porch/status", JSON.stringify({ online }), { qos: 1, retain: true });
  const { page, complaints } = await openPage(browser, `${running.httpUrl}/`);
  await page.getByRole("link", { name: "No open alerts" }).waitFor();
  await publishStatus(false);
  await page.getByRole("link", { name: "1 open alert" }).click();

  const open = page.getByRole("region", { name: "Open" });
  const resolved = page.getByRole("region", { name: "Resolved" });
  const messages = page.getByRole("region", { name: "Messages" });
  const refused = page.getByRole("region", { name: "Refused" });
  await refused.getByText("No message has been refused since the server started.").waitFor();
  for (let n = 0; n < 2; n++) await porch.publishAsync("nightlight/ghost/set", '{"mode":"on"}', { qos: 1 });
  await page.reload();
  await refused.getByText("nightlight/ghost: nightlight/ghost/set").waitFor();
  await refused.getByText("no device of this id has been heard").waitFor();
  await refused.getByText(/^2 times, last /).waitFor();
  const link = open.getByRole("link", { name: "nightlight/porch is offline" });
  await link.waitFor();
  expect(await link.getAttribute("href")).toBe("#/board/nightlight%2Fporch");
  await messages.getByText("This server was started by another program").waitFor();
  // a script of a test must not load under the page's content security policy, but the debugger may run it
  await page.evaluate(await (await import("node:fs/promises")).readFile(AXE_SCRIPT, "utf8"));
  const findAxeViolations = () => page.evaluate<string[]>("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
  expect(await findAxeViolations()).toEqual([]);

  const hook = await startReceiver();
  running.reload({ data, history: false, alerts: { after: 1000, webhook: { url: `${hook.url}/secret` } } });
  await page.reload();
  await messages.getByRole("button", { name: "Send a test message" }).click();
  await messages.getByText("The test message was delivered.").waitFor();
  expect(hook.requests).toMatchObject([{ path: "/secret", body: { event: "test" } }]);
  hook.status = 403;
  await messages.getByRole("button", { name: "Send a test message" }).click();
  await messages.getByText(/status 403\. Check alerts > webhook_authorization/).waitFor();
  expect(await messages.innerText()).not.toContain("secret");

  await publishStatus(true);
  await resolved.getByRole("link", { name: "nightlight/porch is offline" }).waitFor();
  await open.getByText("Nothing is wrong.").waitFor();
  await eventually(() => page.getByRole("link", { name: "No open alerts" }).isVisible(), { what: "the header" });
  expect(complaints).toEqual([]);
}); // prettier-ignore

test.skipIf(!chromiumPath)(`if the list of refused messages cannot be loaded, the page says why${chromiumNote}`, async () => {
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const { httpUrl } = await startTestServer();
  const { page } = await openPage(browser, `${httpUrl}/`);
  await page.route("**/api/rejections", (route) => route.fulfill({ status: 503, json: { error: "The server is busy." } }));
  await page.goto(`${httpUrl}/#/alerts`);
  const refused = page.getByRole("region", { name: "Refused" });
  await refused.getByText("The server is busy.").waitFor();
  expect(await refused.getByText("No message has been refused").isVisible()).toBe(false);
}); // prettier-ignore

test.skipIf(!chromiumPath)(`a webhook entered on the page is saved, in force at once, and receives a test message${chromiumNote}`, async () => {
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const hook = await startReceiver();
  const server = await startSettingsServer("# our alerts\nalerts:\n  after: 3 min # long enough\n");
  const { page, complaints } = await openPage(browser, `${server.httpUrl}/#/alerts`);
  const messages = page.getByRole("region", { name: "Messages" });
  const [topic, webhook] = [messages.getByLabel("ntfy topic", { exact: true }), messages.getByLabel("Webhook", { exact: true })];
  const save = messages.getByRole("button", { name: "Save" });
  await webhook.waitFor();
  expect(await messages.getByLabel("Alert after", { exact: true }).inputValue()).toBe("3");

  await webhook.fill("no-url");
  await save.click();
  await messages.getByText("alerts > webhook is a text that is not shown; it must be a URL").waitFor();
  await webhook.fill(`${hook.url}/secret`);
  await save.click();
  await messages.getByText("Saved.").waitFor();
  expect(await server.text()).toBe(`# our alerts\nalerts:\n  after: 3 min # long enough\n  webhook: ${hook.url}/secret\n`);
  expect(await webhook.inputValue()).toBe("");
  await messages.getByText(`set: ${hook.url}/********`).waitFor();
  expect(await messages.innerText()).not.toContain("default: http");
  await messages.getByRole("button", { name: "Send a test message" }).click();
  await messages.getByText("The test message was delivered.").waitFor();
  expect(hook.requests).toMatchObject([{ path: "/secret", body: { event: "test" } }]);

  await messages.getByRole("button", { name: "Propose a topic" }).click();
  const proposed = await topic.inputValue();
  expect(proposed).toMatch(/^https:\/\/ntfy\.sh\/nightlight-[a-z2-9]{12}$/);
  // Somebody else saves another topic, which looks the same because the page masks both topics.
  await server.patch({ alerts: { ntfy: "https://ntfy.sh/theirs" } });
  await save.click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep yours" }).click();
  await eventually(async () => (await server.text()).includes(`  ntfy: ${proposed}\n`), { what: "the topic in the file" });
  await messages.getByText(proposed).waitFor(); // shows the saved topic, so that people can subscribe to it
  await page.evaluate(await (await import("node:fs/promises")).readFile(AXE_SCRIPT, "utf8"));
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  }

  await messages.getByRole("button", { name: "Propose a topic" }).click();
  const discarded = await topic.inputValue();
  await messages.getByText(discarded).waitFor();
  await messages.getByRole("button", { name: "Discard" }).click();
  await messages.getByText(discarded).waitFor({ state: "hidden" });

  await messages.getByRole("button", { name: "Remove: Webhook" }).click();
  await save.click();
  await eventually(async () => !(await server.text()).includes("webhook"), { what: "the removal" });
  expect(complaints.filter((one) => !one.includes("Failed to load resource"))).toEqual([]);
}); // prettier-ignore

test.skipIf(!chromiumPath)(`a reader can change nothing about alerts${chromiumNote}`, async () => {
  const browser = await startChromium();
  onTestFinished(() => browser.close());
  const data = await createTemporaryFolder();
  await addUsers(data, { rob: "reader" });
  const server = await startSettingsServer("alerts: {ntfy: https://ntfy.sh/hidden}\n", {
    data,
    env: { NIGHTLIGHT_ALERT_WEBHOOK: "http://127.0.0.1:9/hidden" },
  });
  const { page } = await openPage(browser, `${server.httpUrl}/#/alerts`);
  await page.getByLabel("Name").fill("rob");
  await page.getByLabel("Password").fill(passwordOf("rob"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "No open alerts" }).click();
  const messages = page.getByRole("region", { name: "Messages" });
  await messages.getByText("rob has read-only access.").waitFor();
  expect(await page.getByRole("region", { name: "Refused" }).isVisible()).toBe(false);
  await messages.getByText("Set by NIGHTLIGHT_ALERT_WEBHOOK, which overrides the file.").waitFor();
  await messages.getByText("set: https://ntfy.sh/********").waitFor();
  for (const name of ["Propose a topic", "Remove: ntfy topic", "Save", "Send a test message"])
    await eventually(() => messages.getByRole("button", { name }).isDisabled(), { what: `"${name}" to be disabled` });
  expect(await messages.getByLabel("ntfy topic", { exact: true }).isDisabled()).toBe(true);
}); // prettier-ignore
