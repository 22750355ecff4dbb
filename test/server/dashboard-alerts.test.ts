/** Tests alerts on the dashboard, in Chromium against a real server and real MQTT. */
import { createRequire } from "node:module";
import { expect, onTestFinished, test } from "vitest";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { startReceiver } from "./support/receiver.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

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
  const link = open.getByRole("link", { name: "nightlight/porch is offline" });
  await link.waitFor();
  expect(await link.getAttribute("href")).toBe("#/board/nightlight%2Fporch");
  expect(await messages.innerText()).toMatch(/ntfy: https:\/\/ntfy\.sh\/nightlight-[a-z2-9]{12}\n/);
  // a script of a test must not load under the page's content security policy, but the debugger may run it
  await page.evaluate(await (await import("node:fs/promises")).readFile(AXE, "utf8"));
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
